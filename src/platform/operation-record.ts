// The record of an operation: what is written down as it comes further. Each of these is one transaction.
import { now } from '../store/entities/columns.ts';
import { Operation, type OperationKind, type OperationState } from '../store/entities/operation.ts';
import { OperationStep, type StepState } from '../store/entities/operation-step.ts';
import type { EntityManager, Store } from '../store/store.ts';
import type { NewsBus } from './news.ts';
import type { StepFailure, StepReason } from './step-failure.ts';

export class OperationRecord {
  constructor(
    private readonly store: Store,
    private readonly bus: NewsBus,
  ) {}

  /** Whether the step is to be done: not if it has ended or was cancelled meanwhile. */
  async beginStep(operationId: string, stepId: number): Promise<boolean> {
    const begun = await this.store.write(async (em) => {
      const step = await em.findOne(OperationStep, stepId, { populate: ['operation'] });
      if (!step || step.finishedAt) return false;
      step.state = 'RUNNING';
      step.attempts += 1;
      step.startedAt ??= now();
      const operation = step.operation.unwrap();
      operation.state = 'RUNNING';
      operation.startedAt ??= step.startedAt;
      return true;
    });
    if (begun) this.bus.publish('operationChange', operationId);
    return begun;
  }

  /** The first half of a restart is done: whoever goes on with it after the end of the gateway does not stop what it started. */
  async noteStopped(stepId: number): Promise<void> {
    await this.store.write(async (em) => {
      const step = await em.findOne(OperationStep, stepId);
      if (step) step.stoppedAt = now();
    });
  }

  /** Whether the first half of a restart is done. */
  async isStopped(stepId: number): Promise<boolean> {
    const step = await this.store.write((em) => em.findOne(OperationStep, stepId));
    return step?.stoppedAt != null;
  }

  async stateOf(stepId: number): Promise<StepState | undefined> {
    return (await this.store.write((em) => em.findOne(OperationStep, stepId)))?.state;
  }

  /** Answers with how it ended: what has ended already stays as it is. */
  async endStep({ id, kind }: Operation, stepId: number, failure: StepFailure | undefined): Promise<StepState> {
    const state = await this.store.write(async (em) => {
      const step = await em.findOne(OperationStep, stepId);
      if (step) endStep(step, endOf(kind, failure), failure);
      return step?.state ?? 'CANCELLED';
    });
    this.bus.publish('operationChange', id);
    return state;
  }

  /** Ends what is left of a rolling restart that goes no further. */
  async skipRest(operationId: string, message: string): Promise<void> {
    await this.store.write(async (em) => {
      const open = await em.find(OperationStep, { operation: operationId, finishedAt: null });
      for (const step of open) endStep(step, 'SKIPPED', { reason: 'HALTED', message });
    });
    this.bus.publish('operationChange', operationId);
  }

  /** All that is to be done is done. */
  async finish(operationId: string): Promise<void> {
    const isNews = await this.store.write(async (em) => {
      const operation = await em.findOne(Operation, operationId);
      return operation !== null && finishIfDone(em, operation);
    });
    if (isNews) this.bus.publish('operationChange', operationId);
  }
}

/** Ends a step; what has ended stays as it is. */
export function endStep(
  step: OperationStep,
  state: StepState,
  why: { readonly reason: string; readonly message: string } | undefined,
): void {
  if (step.finishedAt) return;
  step.state = state;
  step.reason = why?.reason ?? null;
  step.message = why?.message ?? null;
  step.finishedAt = now();
}

/** Ends an operation that has no open step left. Whether it did. */
export async function finishIfDone(em: EntityManager, operation: Operation): Promise<boolean> {
  if (operation.finishedAt) return false;
  const steps = await em.find(OperationStep, { operation: operation.id });
  if (steps.some((step) => !step.finishedAt)) return false;
  const ended = now();
  operation.state = outcomeOf(steps);
  operation.startedAt ??= ended;
  operation.finishedAt = ended;
  return true;
}

function outcomeOf(steps: readonly OperationStep[]): OperationState {
  if (steps.some(({ state }) => state === 'CANCELLED')) return 'CANCELLED';
  if (!steps.some(({ state, reason }) => state === 'FAILED' || reason === 'HALTED')) return 'SUCCEEDED';
  return steps.some(({ state }) => state === 'SUCCEEDED') ? 'PARTIALLY_FAILED' : 'FAILED';
}

// A rolling restart leaves alone what nobody wants up any longer: nothing has failed there.
const UNWANTED: ReadonlySet<StepReason> = new Set(['SUPERSEDED', 'PROCESS_DELETED']);

function endOf(kind: OperationKind, failure: StepFailure | undefined): StepState {
  if (!failure) return 'SUCCEEDED';
  return kind === 'ROLLING_RESTART' && UNWANTED.has(failure.reason) ? 'SKIPPED' : 'FAILED';
}
