// Contact with nodes in the graph: what is found at one, and which host key it may show.
import { Arg, Ctx, Field, Float, ID, Mutation, ObjectType, Resolver } from 'type-graphql';
import { trustHostKey } from '../platform/host-keys.ts';
import { pingNode } from '../platform/nodes.ts';
import type { Context } from './context.ts';
import { Payload } from './lists.ts';
import { Node, NodePayload } from './nodes.ts';

@ObjectType('PingNodePayload', { description: 'What was found at a node.', simpleResolvers: true })
class PingNodePayload extends Payload {
  @Field(() => Node, { description: 'The node.' })
  node!: unknown;

  @Field(() => Boolean, { description: 'Whether the gateway could log in and run a shell.' })
  reachable!: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      'Why not, for programs: REFUSED, TIMEOUT, NAME_NOT_FOUND, UNREACHABLE, RESET, AUTHENTICATION, BAD_CREDENTIAL, HOST_KEY_CHANGED, HOST_KEY_UNKNOWN, HOST_KEY_REVOKED, ADDRESS_REFUSED, NOT_SSH, UNSUPPORTED, …',
  })
  reason!: string | null;

  @Field(() => String, { description: 'The same for people.' })
  message!: string;

  @Field(() => Float, { nullable: true, description: 'Milliseconds from calling the node to its answer.' })
  latencyMs!: number | null;

  @Field(() => [String], { description: 'The host keys that it showed, as type and SHA256 fingerprint.' })
  hostKeys!: string[];

  @Field(() => String, { nullable: true, description: 'What the node runs, as `uname -srm` says it.' })
  system!: string | null;
}

@Resolver()
export class NodeContactResolver {
  @Mutation(() => PingNodePayload, {
    description:
      'Connects to a node with its credentials, anew, and answers with what it found. Pins its host key at first contact, unless a setting wants keys approved first. If it succeeds, a link that was given up is made anew. Errors: NOT_FOUND.',
  })
  async pingNode(
    @Arg('id', () => ID, { description: 'Which one.' }) id: string,
    @Ctx() { platform }: Context,
  ): Promise<PingNodePayload> {
    const { reachable, reason, message, latencyMs, hostKeys, system } = await pingNode(platform, id);
    return {
      node: id,
      reachable,
      reason: reason ?? null,
      message,
      latencyMs: latencyMs ?? null,
      hostKeys: hostKeys.map(({ type, fingerprint }) => `${type} ${fingerprint}`),
      system: system ?? null,
    };
  }

  @Mutation(() => NodePayload, {
    description:
      'Accepts a host key for a node, in place of all it had, and connects anew. Errors: NOT_FOUND, BAD_USER_INPUT.',
  })
  async trustHostKey(
    @Arg('id', () => ID, { description: 'Which node.' }) id: string,
    @Arg('type', () => String, { description: 'Type of the key, as in `ssh-ed25519`.' }) type: string,
    @Arg('fingerprint', () => String, {
      description: "As in `SHA256:…`. Have it from the node's administrator, not from the network.",
    })
    fingerprint: string,
    @Ctx() { platform }: Context,
  ): Promise<object> {
    return { node: await trustHostKey(platform, id, { type, fingerprint }) };
  }
}
