// Operations in the graph: starts, stops and restarts, what came of them step by step.
import { Args, Field, FieldResolver, ID, InputType, Int, ObjectType, Resolver, registerEnumType } from 'type-graphql';
import { deleteOperation } from '../platform/operations.ts';
import { OPERATION_KINDS, OPERATION_STATES, OPERATION_TARGETS } from '../store/entities/operation.ts';
import { STEP_STATES } from '../store/entities/operation-step.ts';
import { enumOf } from './enums.ts';
import { connectionOf, listArgs, orderOf, planned } from './lists.ts';
import { resolversOf } from './noun.ts';
import { Process } from './processes.ts';
import { DateTime } from './scalars.ts';

const Kind = enumOf(OPERATION_KINDS);
registerEnumType(Kind, { name: 'OperationKind', description: 'What an operation does.' });

const State = enumOf(OPERATION_STATES);
registerEnumType(State, {
  name: 'OperationState',
  description: 'How far an operation has come.',
  valuesConfig: {
    QUEUED: { description: 'Stored, not yet begun.' },
    RUNNING: { description: 'Under way. It goes on also if nobody waits for it, and after a restart of the gateway.' },
    SUCCEEDED: { description: 'Every process reached the state that was asked for.' },
    PARTIALLY_FAILED: { description: 'Some did, some did not: see the steps.' },
    FAILED: { description: 'None did: see the steps.' },
  },
});

const Target = enumOf(OPERATION_TARGETS);
registerEnumType(Target, { name: 'OperationTarget', description: 'What kind of thing an operation was asked for.' });

const StepState = enumOf(STEP_STATES);
registerEnumType(StepState, { name: 'StepState', description: 'How far a step has come.' });

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

  @Field(() => Int, { description: 'How often it was begun.' })
  attempts!: number;

  @Field(() => String, {
    nullable: true,
    description:
      'Why it failed, for programs: TIMEOUT, AUTHENTICATION, COMMAND_NOT_FOUND, EXITED_EARLY, SUPERSEDED, NODE_CLOSED, NOT_STARTABLE, …',
  })
  reason!: string | null;

  @Field(() => String, { nullable: true, description: 'The same for people.' })
  message!: string | null;

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

@ObjectType('Operation', {
  description: 'Lifecycle work that was asked for. It is stored before it begins, so it outlives the gateway.',
  simpleResolvers: true,
})
export class Operation {
  @Field(() => ID, { description: 'A UUID.' })
  id!: string;

  @Field(() => Kind, { description: 'What it does.' })
  kind!: string;

  @Field(() => State, { description: 'How far it has come.' })
  state!: string;

  @Field(() => String, { description: 'Who asked for it.' })
  actor!: string;

  @Field(() => Target, { description: 'What kind of thing it was asked for.' })
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
  @Field(() => [Kind], { nullable: true, description: 'Of one of these kinds.' })
  kind?: string[];

  @Field(() => [State], { nullable: true, description: 'In one of these states.' })
  state?: string[];

  @Field(() => [ID], { nullable: true, description: 'Asked for one of these things.' })
  targetId?: string[];
}

const OperationList = listArgs(OperationFilter, orderOf('Operation', { CREATED_AT: 'createdAt', STATE: 'state' }));

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
