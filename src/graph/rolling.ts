// Rolling restarts in the graph: the requests, with how careful they are to be, and the plan that each becomes.
import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql';
import { rollingRestart } from '../platform/rolling-request.ts';
import type { OperationTarget } from '../store/entities/operation.ts';
import type { Context } from './context.ts';
import { WAIT } from './lifecycle.ts';
import { Payload } from './lists.ts';
import { Operation } from './operations.ts';
import { Process } from './processes.ts';
import { Duration, milliseconds } from './scalars.ts';
import { MAX_WAIT_MS } from './waiting.ts';
import { OnFailure } from './words.ts';

@InputType('RollingRestartInput', {
  description:
    'How careful a rolling restart is to be. What is not said: one process at a time, without a pause, no further after a failure.',
})
class RollingRestartInput {
  @Field(() => Int, {
    nullable: true,
    description: 'So many processes in a batch, at least 1; 1 if neither this nor `batchPercent` is given.',
  })
  batchSize?: number;

  @Field(() => Int, {
    nullable: true,
    description:
      'Instead of `batchSize`: so many per cent of all that are to be restarted, 1 to 100, rounded down, but at least one process.',
  })
  batchPercent?: number;

  @Field(() => Duration, {
    nullable: true,
    description: 'The pause between the end of a batch and the next one, at most `P1D`; `PT0S` if not given.',
  })
  pause?: string;

  @Field(() => Int, {
    nullable: true,
    description:
      'No process is taken down while with it more than so many would be down, at least 1; as many as a batch has if not given. Down is each process of the restart that is wanted running and is not RUNNING, or RUNNING with the health UNHEALTHY or UNKNOWN, or at which an operation is at work; whoever or whatever took it down: a crash, or another rolling restart.',
  })
  maxDown?: number;

  @Field(() => Duration, {
    nullable: true,
    description:
      'How long a process waits until so few are down that it may be taken down, and a batch until what was restarted before it is up; at most `P1D`, `PT5M` if not given. After that the step fails with TOO_MANY_DOWN. Waiting begins anew after a restart of the gateway.',
  })
  patience?: string;

  @Field(() => OnFailure, { nullable: true, description: 'What follows a step that failed; HALT if not given.' })
  onFailure?: string;

  @Field(() => Int, {
    nullable: true,
    description:
      'Refuse with CONFLICT, which says the number found, unless exactly so many processes are to be restarted.',
  })
  expectCount?: number;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Only tell the batches: nothing is stored and nothing is touched. False if not given.',
  })
  dryRun?: boolean;
}

@ObjectType('RollingRestartStep', { description: 'The restart of one process, as planned.', simpleResolvers: true })
class RollingRestartStep {
  @Field(() => ID, { description: 'Which process.' })
  processId!: string;

  @Field(() => Process, { nullable: true, description: 'The process; null if it was deleted meanwhile.' })
  process!: unknown;
}

@ObjectType('RollingRestartBatch', {
  description: 'Processes that are restarted together. The next batch waits until they are up.',
  simpleResolvers: true,
})
class RollingRestartBatch {
  @Field(() => Int, { description: 'Counted from 1: `batch` of the steps of the operation.' })
  number!: number;

  @Field(() => [RollingRestartStep], { description: 'A step for each process.' })
  steps!: RollingRestartStep[];
}

@ObjectType('RollingRestartPayload', { description: 'What a rolling restart does.', simpleResolvers: true })
class RollingRestartPayload extends Payload {
  @Field(() => Operation, {
    nullable: true,
    description: 'As it is when the wait ends: SUCCEEDED only if all were restarted. Null for a dry run.',
  })
  operation!: unknown;

  @Field(() => Int, { description: 'How many processes it restarts.' })
  count!: number;

  @Field(() => [RollingRestartBatch], {
    description:
      'All batches in their order, as planned. What is not up comes first, then each in the order of its creation.',
  })
  batches!: RollingRestartBatch[];
}

const WHAT =
  'Only what is wanted running by then; what is stopped or deleted before its turn is skipped, and that is no failure.';
const INPUT = { nullable: true, description: 'How careful to be; as careful as can be if not given.' };

@Resolver()
export class RollingRestartResolver {
  @Mutation(() => RollingRestartPayload, {
    description: `Restarts the processes of a service, batch by batch. ${WHAT} Errors: NOT_FOUND, BAD_USER_INPUT, NOT_STARTABLE, CONFLICT for another count than expected or a node that is closed for deployment.`,
  })
  rollingRestartService(
    @Arg('id', () => ID, { description: 'Which service.' }) id: string,
    @Arg('input', () => RollingRestartInput, INPUT) input: RollingRestartInput | undefined,
    @Arg('wait', () => Duration, WAIT) wait: string,
    @Ctx() context: Context,
  ) {
    return restart('SERVICE', id, input, wait, context);
  }

  @Mutation(() => RollingRestartPayload, {
    description: `Restarts the processes of all services of an instance, batch by batch across them. ${WHAT} What could not be started again is not stopped: its step fails. Errors: NOT_FOUND, BAD_USER_INPUT, CONFLICT for another count than expected.`,
  })
  rollingRestartAllServices(
    @Arg('instance', () => ID, { description: 'Which instance.' }) id: string,
    @Arg('input', () => RollingRestartInput, INPUT) input: RollingRestartInput | undefined,
    @Arg('wait', () => Duration, WAIT) wait: string,
    @Ctx() context: Context,
  ) {
    return restart('INSTANCE', id, input, wait, context);
  }
}

async function restart(
  type: OperationTarget,
  id: string,
  input: RollingRestartInput | undefined,
  wait: string,
  { platform, actor }: Context,
): Promise<RollingRestartPayload> {
  const waitMs = milliseconds(wait, 'wait', MAX_WAIT_MS);
  return rollingRestart(platform, actor, { type, id }, input ?? {}, waitMs);
}
