// Carries out rolling restarts: batch after batch, each process in its place, with a pause and a look at what was restarted in between.
import { OperationStep, type StepState } from '../store/entities/operation-step.ts';
import type { Store } from '../store/store.ts';
import { durationMs } from './durations.ts';
import type { Plan, Work } from './execution.ts';
import type { OperationRecord } from './operation-record.ts';
import type { Place, Places } from './places.ts';
import { batchesByNumber, pauseLeft } from './rolling.ts';
import { StepFailure } from './step-failure.ts';

/** How operations of the kind ROLLING_RESTART are done. */
export const inBatches =
  (store: Store, places: Places, record: OperationRecord): Plan =>
  async (work) => {
    const where = { operation: work.operation.id };
    const all = await store.write((em) => em.find(OperationStep, where, { orderBy: { id: 'asc' } }));
    await new RollingRun(work, all, places, record).carryOut();
  };

class RollingRun {
  readonly #states: Map<number, StepState>;
  readonly #halted = new AbortController();
  /** Nothing more is begun. */
  readonly #stop: AbortSignal;
  readonly #patienceMs: number;
  #why = '';
  /** Somebody waited in vain: who comes next looks once, instead of waiting for the same again. */
  #isStuck = false;

  constructor(
    private readonly work: Work,
    /** All its steps, in their order; those that have ended, too. */
    private readonly all: readonly OperationStep[],
    private readonly places: Places,
    private readonly record: OperationRecord,
  ) {
    this.#states = new Map(all.map(({ id, state }) => [id, state]));
    this.#stop = AbortSignal.any([work.closing, this.#halted.signal]);
    this.#patienceMs = durationMs(work.operation.patience ?? '') ?? 0;
  }

  /** Goes on where it was: what has ended stays so, and a batch that was begun is not waited for again. */
  async carryOut(): Promise<void> {
    for (const step of this.all) if (step.state === 'FAILED') this.#halt(step);
    for (const batch of batchesByNumber(this.all)) {
      const open = batch.filter(({ finishedAt }) => !finishedAt);
      if (open.length === 0) continue;
      if (batch.every(({ startedAt }) => !startedAt)) await this.#before(batch);
      if (this.#stop.aborted) break;
      await Promise.all(open.map((step) => this.#one(step)));
    }
    if (!this.#halted.signal.aborted || this.work.closing.aborted) return;
    await this.record.skipRest(this.work.operation.id, `Not begun. ${this.#why}`);
  }

  /** The pause after the batch before this one, then the look at all that was restarted so far. */
  async #before(batch: readonly OperationStep[]): Promise<void> {
    const { id, pause, onFailure } = this.work.operation;
    const earlier = this.all.slice(0, this.all.indexOf(batch[0] as OperationStep));
    if (earlier.length === 0 || this.#stop.aborted) return;
    await this.places.rest(id, pauseLeft(earlier, durationMs(pause ?? '') ?? 0), this.#stop);
    if (onFailure === 'CONTINUE') return;
    const restarted = earlier.filter((step) => this.#states.get(step.id) === 'SUCCEEDED');
    const ids = restarted.map(({ processId }) => processId);
    if (await this.places.allUp(id, ids, this.#patienceMs, this.#stop)) return;
    if (!this.#stop.aborted) this.#haltBecause('Not all that was restarted before stayed up.');
  }

  async #one(step: OperationStep): Promise<void> {
    const deadline = performance.now() + this.#patienceMs;
    for (;;) {
      const patienceMs = this.#isStuck ? 0 : Math.max(0, deadline - performance.now());
      const place = await this.places.take(step, patienceMs, this.#stop);
      if (!place) return this.#noPlace(step);
      if (await this.#inPlace(step, place)) return;
    }
  }

  /** Whether no further attempt is needed. */
  async #inPlace(step: OperationStep, place: Place): Promise<boolean> {
    try {
      const open = this.work.steps.find(({ id }) => id === step.id);
      const mayBegin = async () => !this.#stop.aborted && (await place.isGood());
      const state = open && (await this.work.run(open, mayBegin));
      if (!state) return this.#stop.aborted;
      this.#states.set(step.id, state);
      if (state === 'FAILED') this.#halt(step);
      return true;
    } finally {
      place.giveBack();
    }
  }

  async #noPlace(step: OperationStep): Promise<void> {
    // What was halted is told at the end, and what the end of the gateway cut short goes on at the next start.
    if (this.#stop.aborted) return;
    this.#isStuck = true;
    const message = `It was left alone: with it, more than ${this.work.operation.maxDown} would have been down.`;
    const state = await this.record.endStep(this.work.operation, step.id, new StepFailure('TOO_MANY_DOWN', message));
    this.#states.set(step.id, state);
    if (state === 'FAILED') this.#halt(step);
  }

  #halt(step: OperationStep): void {
    this.#haltBecause(`The restart of process ${step.processId} in batch ${step.batch} failed.`);
  }

  #haltBecause(why: string): void {
    if (this.work.operation.onFailure === 'CONTINUE' || this.#halted.signal.aborted) return;
    this.#why = why;
    this.#halted.abort();
  }
}
