// The subscription to the links of nodes: each time that one stands otherwise.
import { Arg, Field, ID, InputType, ObjectType, Resolver, Root, Subscription } from 'type-graphql';
import { followLinks, type ToldLink } from '../platform/following.ts';
import type { Context } from './context.ts';
import { Node } from './nodes.ts';
import { Cursor, DateTime } from './scalars.ts';
import { LinkState } from './words.ts';

@InputType('NodeConnectionFilter', { description: 'Which nodes; all that is given has to hold.' })
class NodeConnectionFilter {
  @Field(() => ID, { nullable: true, description: 'Of this instance.' })
  instance?: string;

  @Field(() => ID, { nullable: true, description: 'This one.' })
  node?: string;
}

@ObjectType('NodeConnectionChange', {
  description: 'How the link of the gateway to a node stands since a change of it.',
  simpleResolvers: true,
})
class NodeConnectionChange {
  @Field(() => Cursor, { description: 'The place of the change in the log, to go on from.' })
  cursor!: string;

  @Field(() => ID, { description: 'The node, also after it was deleted.' })
  nodeId!: string;

  @Field(() => Node, { nullable: true, description: 'The node as it is now; null after it was deleted.' })
  node!: unknown;

  @Field(() => LinkState, { nullable: true, description: 'How the link stands; null if there is none any longer.' })
  state!: string | null;

  @Field(() => LinkState, { nullable: true, description: 'How it stood before; null for a link that is new.' })
  previous!: string | null;

  @Field(() => String, { nullable: true, description: 'Why, for programs.' })
  reason!: string | null;

  @Field(() => String, { nullable: true, description: 'The same for people.' })
  message!: string | null;

  @Field(() => DateTime, { description: 'Since when it is so.' })
  at!: string;
}

@Resolver()
export class NodeLinkResolver {
  @Subscription(() => NodeConnectionChange, {
    subscribe: ({ args, context }: { args: { filter?: NodeConnectionFilter; after?: string }; context: Context }) =>
      followLinks(context.platform, args.filter ?? {}, args.after) as never,
    description:
      'Every change of the links to nodes after the cursor, once, across disconnects and restarts of the gateway. Errors: BAD_USER_INPUT, CURSOR_EXPIRED for a cursor that is not good.',
  })
  nodeConnection(
    @Arg('filter', () => NodeConnectionFilter, { nullable: true, description: 'All nodes if not given.' })
    _filter: NodeConnectionFilter | undefined,
    @Arg('after', () => Cursor, {
      nullable: true,
      description:
        'The `cursor` of the last change that was taken, or the `asOf` of what was read; from now on without it.',
    })
    _after: string | undefined,
    @Root() link: ToldLink,
  ): NodeConnectionChange {
    return { ...link, nodeId: link.node };
  }
}
