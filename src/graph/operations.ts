// Operations in the graph: starts, stops and restarts, what came of them step by step.
import { Args, Field, FieldResolver, ID, InputType, Int, ObjectType, Resolver } from 'type-graphql';
import { deleteOperation } from '../platform/operations.ts';
import { connectionOf, listArgs, orderOf, planned, TextFilter, TimeFilter } from './lists.ts';
import { resolversOf } from './noun.ts';
import { Process } from './processes.ts';
import { DateTime, Duration, Long } from './scalars.ts';
import { OnFailure, OperationKind, OperationState, OperationTarget, StepState } from './words.ts';

@ObjectType('OperationStep', {
  description: 'What an operation does to one process, and what came of it.',
  simpleResolvers: true,
})
class OperationStep {
  @Field(() => ID, { description: 'A number.' })
  id!: string;

  @Field(() => ID, { description: 'The process, also after it was deleted.' })
  processId!: string;

  @Field(() => Process, { nullable: true, description: 'The process; null after it was deleted.' })
  process!: Process | null;

  @Field(() => StepState, { description: 'How far it has come.' })
  state!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'Of a rolling restart: its batch, from 1. Null for all other kinds.',
  })
  batch!: number | null;

  @Field(() => Int, { description: 'How often it was begun.' })
  attempts!: number;

  @Field(() => String, {
    nullable: true,
    description:
      'Why it failed or was not done, for programs: TIMEOUT, AUTHENTICATION, COMMAND_NOT_FOUND, EXITED_EARLY, NOT_HEALTHY, HEALTH_UNKNOWN, SUPERSEDED, CANCELLED, NODE_CLOSED, NOT_STARTABLE, TOO_MANY_DOWN, HALTED, DISK_FULL, NO_SFTP, ARTIFACT_UNUSABLE, ARTIFACT_CHANGED, ARTIFACT_REFUSED, …',
  })
  reason!: string | null;

  @Field(() => String, { nullable: true, description: 'The same for people.' })
  message!: string | null;

  @Field(() => Long, {
    nullable: true,
    description: 'How many bytes of an artifact were sent to its node; null if nothing had to be sent.',
  })
  artifactBytesSent!: number | null;

  @Field(() => Long, {
    nullable: true,
    description: 'How many bytes there are to send; null if nothing had to be sent.',
  })
  artifactBytes!: number | null;

  @Field(() => DateTime, { nullable: true, description: 'When it was first begun.' })
  startedAt!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When it ended.' })
  finishedAt!: string | null;
}

const StepConnection = connectionOf(OperationStep, 'OperationStep');

@InputType('OperationStepFilter', { description: 'Which steps.' })
class OperationStepFilter {
  @Field(() => [StepState], { nullable: true, description: 'In one of these states.' })
  state?: string[];

  @Field(() => [ID], { nullable: true, description: 'Of one of these processes.' })
  processId?: string[];
}

const StepList = listArgs(OperationStepFilter, orderOf('OperationStep', { ID: 'id', STATE: 'state' }));

/** The columns of a rolling restart that say how it is done. They are plain fields: what is planned has no objects of its own. */
@ObjectType()
class RollingSettings {
  @Field(() => Int, {
    nullable: true,
    description: 'Of a rolling restart: how many processes a batch has at most. Null for all other kinds.',
  })
  batchSize!: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Of a rolling restart: the per cent that the size of a batch comes from; null if it was asked for as a number.',
  })
  batchPercent!: number | null;

  @Field(() => Duration, {
    nullable: true,
    description: 'Of a rolling restart: the pause between two batches. Null for all other kinds.',
  })
  pause!: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Of a rolling restart: no process is taken down while with it more than so many would be. Null for all other kinds.',
  })
  maxDown!: number | null;

  @Field(() => Duration, {
    nullable: true,
    description:
      'Of a rolling restart: how long is waited until so few are down, or what was restarted is up. Null for all other kinds.',
  })
  patience!: string | null;

  @Field(() => OnFailure, {
    nullable: true,
    description: 'Of a rolling restart: what follows a step that failed. Null for all other kinds.',
  })
  onFailure!: string | null;
}

@ObjectType('Operation', {
  description: 'Lifecycle work that was asked for. It is stored before it begins, so it outlives the gateway.',
  simpleResolvers: true,
})
export class Operation extends RollingSettings {
  @Field(() => ID, { description: 'A UUID.' })
  id!: string;

  @Field(() => OperationKind, { description: 'What it does.' })
  kind!: string;

  @Field(() => OperationState, { description: 'How far it has come.' })
  state!: string;

  @Field(() => String, { description: 'Who asked for it.' })
  actor!: string;

  @Field(() => OperationTarget, { description: 'What kind of thing it was asked for.' })
  targetType!: string;

  @Field(() => ID, { description: 'Id of the thing.' })
  targetId!: string;

  @Field(() => StepConnection, { description: 'A step for each process.' })
  steps(@Args(() => StepList) _list: unknown): unknown {
    return planned();
  }

  @Field(() => DateTime, { description: 'When it was asked for.' })
  createdAt!: string;

  @Field(() => DateTime, { nullable: true, description: 'When it began.' })
  startedAt!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When it ended.' })
  finishedAt!: string | null;
}

const OperationConnection = connectionOf(Operation, 'Operation');

@InputType('OperationFilter', { description: 'Which operations.' })
class OperationFilter {
  @Field(() => [OperationKind], { nullable: true, description: 'Of one of these kinds.' })
  kind?: string[];

  @Field(() => [OperationState], { nullable: true, description: 'In one of these states.' })
  state?: string[];

  @Field(() => [OperationTarget], { nullable: true, description: 'Asked for one of these kinds of things.' })
  targetType?: string[];

  @Field(() => [ID], { nullable: true, description: 'Asked for one of these things.' })
  targetId?: string[];

  @Field(() => TextFilter, { nullable: true, description: 'By who asked for it.' })
  actor?: TextFilter;

  @Field(() => OperationStepFilter, { nullable: true, description: 'With a step like this, as of a process.' })
  steps?: OperationStepFilter;

  @Field(() => TimeFilter, { nullable: true, description: 'By when it was asked for.' })
  createdAt?: TimeFilter;

  @Field(() => TimeFilter, { nullable: true, description: 'By when it ended; what has not ended has no such time.' })
  finishedAt?: TimeFilter;
}

const OperationList = listArgs(
  OperationFilter,
  orderOf('Operation', { CREATED_AT: 'createdAt', STATE: 'state', KIND: 'kind', ACTOR: 'actor' }),
);

export const OperationResolvers = resolversOf({
  name: 'Operation',
  type: Operation,
  read: { description: 'An operation by its id; null if there is none.', id: 'A UUID.' },
  list: {
    plural: 'operations',
    description: 'All operations, the newest first.',
    connection: OperationConnection,
    args: OperationList,
  },
  remove: {
    description:
      'Deletes the record of an operation that has ended. Errors: NOT_FOUND, CONFLICT while it is under way.',
    run: (platform, _actor, id) => deleteOperation(platform, id),
  },
});

@Resolver(() => Process)
export class ProcessSteps {
  @FieldResolver(() => StepConnection, { description: 'What operations did to it.' })
  steps(@Args(() => StepList) _list: unknown): unknown {
    return planned();
  }
}
