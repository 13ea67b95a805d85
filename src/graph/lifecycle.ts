// Lifecycle in the graph: the requests to start, stop and restart.
import { Arg, Ctx, Field, ID, Mutation, ObjectType, Resolver } from 'type-graphql';
import { cancelOperation } from '../platform/cancellation.ts';
import type { Wish } from '../platform/lifecycle.ts';
import { changeAllServices, changeProcess, changeService } from '../platform/operations.ts';
import type { Context } from './context.ts';
import { Payload } from './lists.ts';
import { Operation } from './operations.ts';
import { Duration, milliseconds } from './scalars.ts';
import { MAX_WAIT_MS } from './waiting.ts';

@ObjectType('OperationPayload', { description: 'The operation that a request became.', simpleResolvers: true })
export class OperationPayload extends Payload {
  @Field(() => Operation, { description: 'As it is when the wait ends: SUCCEEDED only if the state was reached.' })
  operation!: unknown;
}

const DEFAULT_WAIT = 'PT15S';
export const WAIT = {
  description: 'How long the answer may take; at most 10 minutes. The operation goes on after it.',
  defaultValue: DEFAULT_WAIT,
};

type Change = typeof changeProcess;

async function operate(
  change: Change,
  kind: Wish,
  id: string,
  wait: string,
  context: Context,
): Promise<OperationPayload> {
  const { platform, actor } = context;
  return { operation: await change(platform, actor, kind, id, milliseconds(wait, 'wait', MAX_WAIT_MS)) };
}

const PROCESS_ERRORS = 'Errors: NOT_FOUND, NOT_STARTABLE, CONFLICT for a node that is closed for deployment.';

@Resolver()
export class LifecycleResolver {
  @Mutation(() => OperationPayload, { description: `Starts a process. ${PROCESS_ERRORS}` })
  startProcess(
    @Arg('id', () => ID, { description: 'Which process.' }) id: string,
    @Arg('wait', () => Duration, WAIT) wait: string,
    @Ctx() context: Context,
  ) {
    return operate(changeProcess, 'START', id, wait, context);
  }

  @Mutation(() => OperationPayload, { description: 'Stops a process. Errors: NOT_FOUND.' })
  stopProcess(
    @Arg('id', () => ID, { description: 'Which process.' }) id: string,
    @Arg('wait', () => Duration, WAIT) wait: string,
    @Ctx() context: Context,
  ) {
    return operate(changeProcess, 'STOP', id, wait, context);
  }

  @Mutation(() => OperationPayload, { description: `Stops a process if it runs, and starts it. ${PROCESS_ERRORS}` })
  restartProcess(
    @Arg('id', () => ID, { description: 'Which process.' }) id: string,
    @Arg('wait', () => Duration, WAIT) wait: string,
    @Ctx() context: Context,
  ) {
    return operate(changeProcess, 'RESTART', id, wait, context);
  }

  @Mutation(() => OperationPayload, { description: `Starts all processes of a service. ${PROCESS_ERRORS}` })
  startService(
    @Arg('id', () => ID, { description: 'Which service.' }) id: string,
    @Arg('wait', () => Duration, WAIT) wait: string,
    @Ctx() context: Context,
  ) {
    return operate(changeService, 'START', id, wait, context);
  }

  @Mutation(() => OperationPayload, { description: 'Stops all processes of a service. Errors: NOT_FOUND.' })
  stopService(
    @Arg('id', () => ID, { description: 'Which service.' }) id: string,
    @Arg('wait', () => Duration, WAIT) wait: string,
    @Ctx() context: Context,
  ) {
    return operate(changeService, 'STOP', id, wait, context);
  }

  @Mutation(() => OperationPayload, {
    description: `Restarts all processes of a service, all at once; see rollingRestartService. ${PROCESS_ERRORS}`,
  })
  restartService(
    @Arg('id', () => ID, { description: 'Which service.' }) id: string,
    @Arg('wait', () => Duration, WAIT) wait: string,
    @Ctx() context: Context,
  ) {
    return operate(changeService, 'RESTART', id, wait, context);
  }

  @Mutation(() => OperationPayload, {
    description:
      'Starts all processes of all services of an instance; what cannot be started is a failed step. Errors: NOT_FOUND.',
  })
  startAllServices(
    @Arg('instance', () => ID, { description: 'Which instance.' }) id: string,
    @Arg('wait', () => Duration, WAIT) wait: string,
    @Ctx() context: Context,
  ) {
    return operate(changeAllServices, 'START', id, wait, context);
  }

  @Mutation(() => OperationPayload, {
    description: 'Stops all processes of all services of an instance. Errors: NOT_FOUND.',
  })
  stopAllServices(
    @Arg('instance', () => ID, { description: 'Which instance.' }) id: string,
    @Arg('wait', () => Duration, WAIT) wait: string,
    @Ctx() context: Context,
  ) {
    return operate(changeAllServices, 'STOP', id, wait, context);
  }

  @Mutation(() => OperationPayload, {
    description:
      'Cancels an operation: steps that have not begun are CANCELLED and what was wanted of their processes before is wanted again, unless somebody asked for something since. Steps under way end as they end. Errors: NOT_FOUND, CONFLICT for an operation that has ended.',
  })
  async cancelOperation(
    @Arg('id', () => ID, { description: 'Which operation.' }) id: string,
    @Ctx() { platform, actor }: Context,
  ): Promise<OperationPayload> {
    return { operation: await cancelOperation(platform, actor, id) };
  }
}
