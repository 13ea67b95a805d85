// Nodes in the graph. Credentials go in, sealed, and never come out.
import { Args, Field, FieldResolver, Float, ID, InputType, Int, ObjectType, Resolver } from 'type-graphql';
import { createNode, deleteNode, updateNode } from '../platform/nodes.ts';
import { Instance } from './instances.ts';
import { connectionOf, listArgs, orderOf, planned, TextFilter } from './lists.ts';
import { payloadOf, resolversOf } from './noun.ts';
import { DateTime } from './scalars.ts';
import { CredentialKind, DriverChoice, LinkState, RunDriver } from './words.ts';
import { Written } from './written.ts';

@ObjectType('NodeLink', { description: 'The link of the gateway to a node, as it stands.', simpleResolvers: true })
class NodeLink {
  @Field(() => LinkState, { description: 'How it stands.' })
  state!: string;

  @Field(() => DateTime, { description: 'Since when.' })
  since!: string;

  @Field(() => String, { nullable: true, description: 'Why it is not up, for programs, as in `pingNode`.' })
  reason!: string | null;

  @Field(() => String, { nullable: true, description: 'The same for people.' })
  message!: string | null;

  @Field(() => Int, {
    description: 'Attempts that have failed since it was last up, or since the node last changed; 0 while it is up.',
  })
  attempts!: number;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When it is tried next. Null while it is up or being made, and where nobody tries again by himself: after AUTH_FAILED, HOST_KEY_CHANGED, HOST_KEY_UNKNOWN, ADDRESS_REFUSED and UNSUPPORTED the next try is after a change of the node, `trustHostKey`, or a `pingNode` that succeeds.',
  })
  nextAttemptAt!: string | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Milliseconds of a round trip over it, smoothed; null until measured, and while it is not up. Measured every ten seconds; written down when it has changed by a fifth, every 30 seconds at most.',
  })
  latencyMs!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'The latest failure, for people. It stays when the link comes back; null if there was none.',
  })
  lastError!: string | null;

  @Field(() => String, { nullable: true, description: 'The same for programs, as in `reason`.' })
  lastErrorReason!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When that was.' })
  lastErrorAt!: string | null;
  @Field(() => RunDriver, {
    nullable: true,
    description:
      'How processes are started there, as of the last time that it was up; null before the first time, or if they cannot be: `driverReason` says which.',
  })
  driver!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why so, for people; null before the first time that it was up.',
  })
  driverReason!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Its kernel, as `uname -srm` says it, as of the last time that it was up.',
  })
  kernel!: string | null;

  @Field(() => String, { nullable: true, description: 'The shell that keeps processes there, as in `dash`.' })
  shell!: string | null;

  @Field(() => String, { nullable: true, description: 'Its first process, as in `systemd`.' })
  init!: string | null;
}

@ObjectType('Node', { description: 'A machine of an instance, reached by SSH.', simpleResolvers: true })
export class Node extends Written {
  @Field(() => ID, { description: '`ND` and a number that is never given twice.' })
  id!: string;

  @Field(() => Instance, { description: 'The instance that it belongs to.' })
  instance!: Instance;

  @Field(() => String, { description: 'Name for people.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What this node should do.' })
  description!: string | null;

  @Field(() => Boolean, { description: 'Whether it can be deployed against: takes new processes and starts.' })
  status!: boolean;

  @Field(() => String, { description: 'IP address or host name.' })
  ipAddress!: string;

  @Field(() => Int, { description: 'Port of its SSH server.' })
  port!: number;

  @Field(() => String, { description: 'User to log in as.' })
  username!: string;

  @Field(() => DriverChoice, {
    description: 'How processes are to be run on it; `connection.driver` says how they are.',
  })
  driver!: string;

  @Field(() => CredentialKind, { description: 'What the gateway logs in with. The secret itself cannot be read.' })
  credentialKind!: string;

  @Field(() => DateTime, { nullable: true, description: 'When the credential was last set.' })
  credentialSetAt!: string | null;

  @Field(() => [String], {
    description:
      'The host keys that it may show, as type and SHA256 fingerprint. Empty until the first contact, which pins the one that is shown; a node that proves to have others (OpenSSH does) is pinned with all of them.',
  })
  hostKeys!: string[];

  @Field(() => NodeLink, {
    nullable: true,
    description: 'The link of the gateway to it; null while it keeps none, because the node has no processes.',
  })
  connection!: NodeLink | null;
}

const NodeConnection = connectionOf(Node, 'Node');

@InputType('NodeFilter', { description: 'Which nodes.' })
class NodeFilter {
  @Field(() => [ID], { nullable: true, description: 'One of these ids.' })
  id?: string[];

  @Field(() => ID, { nullable: true, description: 'Of this instance.' })
  instance?: string;

  @Field(() => TextFilter, { nullable: true, description: 'By name.' })
  name?: TextFilter;

  @Field(() => TextFilter, { nullable: true, description: 'By address.' })
  ipAddress?: TextFilter;

  @Field(() => Boolean, { nullable: true, description: 'By whether it can be deployed against.' })
  status?: boolean;
}

const NodeList = listArgs(NodeFilter, orderOf('Node', { ID: 'id', NAME: 'name', CREATED_AT: 'createdAt' }));

@InputType()
class NodeInput {
  @Field(() => String, { nullable: true, description: 'What this node should do.' })
  description?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether it can be deployed against; true if not given at creation.',
  })
  status?: boolean;

  @Field(() => DriverChoice, {
    nullable: true,
    description:
      'How processes are to be run on it; AUTO if not given at creation. What runs goes on as it was started, and is stopped that way.',
  })
  driver?: string;

  @Field(() => Int, { nullable: true, description: 'Port of its SSH server; 22 if not given at creation.' })
  port?: number;

  @Field(() => String, { nullable: true, description: 'Password to log in with. Stored sealed; no query returns it.' })
  password?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Private key to log in with, in OpenSSH or PEM form. Stored sealed.',
  })
  privateKey?: string | null;

  @Field(() => String, { nullable: true, description: 'Passphrase of the private key. Stored sealed.' })
  passphrase?: string | null;
}

@InputType('CreateNodeInput', { description: 'A new node. It needs a password or a private key.' })
class CreateNodeInput extends NodeInput {
  @Field(() => ID, { description: 'The instance that it belongs to.' })
  instance!: string;

  @Field(() => String, { description: 'Name for people.' })
  name!: string;

  @Field(() => String, { description: 'IP address or host name.' })
  ipAddress!: string;

  @Field(() => String, { description: 'User to log in as.' })
  username!: string;
}

@InputType('UpdateNodeInput', {
  description:
    'Changes of a node: what is left out stays, null clears. A new address or port forgets the pinned host keys.',
})
class UpdateNodeInput extends NodeInput {
  @Field(() => String, { nullable: true, description: 'Name for people.' })
  name?: string;

  @Field(() => String, { nullable: true, description: 'IP address or host name.' })
  ipAddress?: string;

  @Field(() => String, { nullable: true, description: 'User to log in as.' })
  username?: string;
}

export const NodePayload = payloadOf(Node, 'Node', 'A node that was written.');

export const NodeResolvers = resolversOf({
  name: 'Node',
  type: Node,
  payload: NodePayload,
  read: { description: 'A node by its id; null if there is none.', id: 'As in `ND1`.' },
  list: { plural: 'nodes', description: 'All nodes.', connection: NodeConnection, args: NodeList },
  create: {
    input: CreateNodeInput,
    about: 'What it is.',
    description: 'Creates a node. Errors: NOT_FOUND, BAD_USER_INPUT.',
    run: (platform, { instance, ...node }) => createNode(platform, instance, node),
  },
  update: {
    input: UpdateNodeInput,
    about: 'What to change.',
    description: 'Changes a node. Errors: NOT_FOUND, VERSION_CONFLICT, BAD_USER_INPUT.',
    run: updateNode,
  },
  remove: {
    description:
      'Deletes a node. One with processes is refused with CONFLICT unless forced; then they are stopped as far as that is possible, and deleted with it. Errors: NOT_FOUND, CONFLICT.',
    run: deleteNode,
    force:
      'Delete it with its processes, also those that could not be stopped: they are remembered as tombstones, and stopped when it can be reached.',
  },
});

@Resolver(() => Instance)
export class InstanceNodes {
  @FieldResolver(() => NodeConnection, { description: 'Its nodes.' })
  nodes(@Args(() => NodeList) _list: unknown): unknown {
    return planned();
  }
}
