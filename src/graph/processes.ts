// Processes in the graph: what they are, what is wanted of them, and what was seen of them.
import { Args, Field, FieldResolver, ID, InputType, Int, ObjectType, Resolver } from 'type-graphql';
import { createProcess, deleteProcess } from '../platform/processes.ts';
import { Instance } from './instances.ts';
import { connectionOf, listArgs, orderOf, planned } from './lists.ts';
import { Node } from './nodes.ts';
import { payloadOf, resolversOf } from './noun.ts';
import { DateTime } from './scalars.ts';
import { Service } from './services.ts';
import { DesiredState, HealthState, ProcessStatus, StatusReason } from './words.ts';

@ObjectType()
export class Observed {
  @Field(() => DesiredState, { description: 'What is wanted of it.' })
  desired!: string;

  @Field(() => ProcessStatus, { description: 'What was seen of it.' })
  status!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'Its process id on the node, while it runs; where the status is UNKNOWN, the last that was known.',
  })
  pid!: number | null;

  @Field(() => Int, { nullable: true, description: 'The exit code of its last end.' })
  exitCode!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'The signal that ended it, as in `SIGKILL`; also told from exit codes above 128.',
  })
  signal!: string | null;

  @Field(() => Int, { description: 'How often the node started it again by itself since it was last asked to start.' })
  restarts!: number;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When its node will start it again by itself: while it is in BACKOFF, as soon as that is known.',
  })
  nextAttemptAt!: string | null;

  @Field(() => HealthState, { description: 'What its node saw of its health.' })
  health!: string;

  @Field(() => String, { nullable: true, description: 'Why, for people, where there is something to say.' })
  healthMessage!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Since when its health is this; null if it is NOT_CHECKED.' })
  healthSince!: string | null;
}

@ObjectType('Process', {
  description:
    'A service on a node: an immutable triple of instance, service and node. To change it, delete it and create another.',
  simpleResolvers: true,
})
export class Process extends Observed {
  @Field(() => ID, { description: 'A UUID.' })
  id!: string;

  @Field(() => Instance, { description: 'The instance.' })
  instance!: Instance;

  @Field(() => Service, { description: 'What it runs.' })
  service!: Service;

  @Field(() => Node, { nullable: true, description: 'Where it runs; null for who may not see nodes.' })
  node!: Node | null;

  @Field(() => String, { nullable: true, description: 'Who asked for the desired state.' })
  desiredActor!: string | null;

  @Field(() => StatusReason, { description: 'What led to the status, for programs.' })
  statusReason!: string;

  @Field(() => String, { nullable: true, description: 'The same for people, where there is more to say.' })
  statusMessage!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Who asked for what led to the status; null when nobody did, as after a crash.',
  })
  statusActor!: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The version of the artifact that it was last started with: 64 hexadecimal digits, a hash of what the artifact holds; null if its type had none.',
  })
  artifact!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When it was last started; null if never.' })
  startedAt!: string | null;

  @Field(() => DateTime, { description: 'When the status was last looked at.' })
  observedAt!: string;

  @Field(() => DateTime, { description: 'Since when the status is this one.' })
  changedAt!: string;

  @Field(() => Int, {
    description: 'Counts the changes of what was seen: of two answers, the one with the higher revision is the later.',
  })
  revision!: number;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: string;
}

const ProcessConnection = connectionOf(Process, 'Process');

@InputType('ProcessFilter', { description: 'Which processes.' })
export class ProcessFilter {
  @Field(() => [ID], { nullable: true, description: 'One of these ids.' })
  id?: string[];

  @Field(() => ID, { nullable: true, description: 'Of this instance.' })
  instance?: string;

  @Field(() => ID, { nullable: true, description: 'Of this service.' })
  service?: string;

  @Field(() => ID, { nullable: true, description: 'On this node.' })
  node?: string;

  @Field(() => DesiredState, { nullable: true, description: 'Of which this is wanted.' })
  desired?: string;

  @Field(() => [ProcessStatus], { nullable: true, description: 'With one of these statuses.' })
  status?: string[];

  @Field(() => [HealthState], { nullable: true, description: 'Of one of these healths.' })
  health?: string[];
}

const ProcessList = listArgs(
  ProcessFilter,
  orderOf('Process', { ID: 'id', CREATED_AT: 'createdAt', CHANGED_AT: 'changedAt', STATUS: 'status' }),
);

@InputType('CreateProcessInput', { description: 'A new process. Service and node have to be of one instance.' })
class CreateProcessInput {
  @Field(() => ID, { description: 'What it runs.' })
  service!: string;

  @Field(() => ID, { description: 'Where it runs.' })
  node!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The instance; if given, refused unless service and node are of it.',
  })
  instance?: string;
}

const ProcessPayload = payloadOf(Process, 'Process', 'A process that was written.');

export const ProcessResolvers = resolversOf({
  name: 'Process',
  type: Process,
  payload: ProcessPayload,
  read: { description: 'A process by its id; null if there is none.', id: 'A UUID.' },
  list: {
    plural: 'processes',
    description: 'All processes, in the order of their creation.',
    connection: ProcessConnection,
    args: ProcessList,
  },
  create: {
    input: CreateProcessInput,
    about: 'What, where.',
    description:
      'Creates a process; it is not started. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT for a node that is closed for deployment.',
    run: createProcess,
  },
  remove: {
    description:
      'Deletes a process. If it runs it is stopped first; if it cannot be, it is not deleted. Errors: NOT_FOUND, NODE_UNREACHABLE, CONFLICT.',
    run: deleteProcess,
    force:
      'Delete it also if it could not be stopped: it is remembered as a tombstone, and stopped when its node can be reached.',
  },
});

@Resolver(() => Instance)
export class InstanceProcesses {
  @FieldResolver(() => ProcessConnection, { description: 'The processes of its services.' })
  processes(@Args(() => ProcessList) _list: unknown): unknown {
    return planned();
  }
}

@Resolver(() => Service)
export class ServiceProcesses {
  @FieldResolver(() => ProcessConnection, { description: 'Its processes.' })
  processes(@Args(() => ProcessList) _list: unknown): unknown {
    return planned();
  }
}

@Resolver(() => Node)
export class NodeProcesses {
  @FieldResolver(() => ProcessConnection, { description: 'The processes on it.' })
  processes(@Args(() => ProcessList) _list: unknown): unknown {
    return planned();
  }
}
