// Execution: carries out stored operations, in the order in which they were stored, and goes on with them after any end of the gateway.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Fleet } from '../fleet/fleet.ts';
import { atMost } from '../patience.ts';
import { Operation, type OperationKind } from '../store/entities/operation.ts';
import { OperationStep, type StepState } from '../store/entities/operation-step.ts';
import { publicId } from '../store/ids.ts';
import { because } from '../store/log/cause.ts';
import type { EntityManager, Store } from '../store/store.ts';
import type { HealthWait } from './health.ts';
import { Lanes } from './lanes.ts';
import type { OperationRecord } from './operation-record.ts';
import { StepFailure } from './step-failure.ts';
import type { StepRunner } from './steps.ts';

/** A step that has not ended. Ids are public ones; `node` is undefined after the process was deleted. */
export interface OpenStep {
  readonly id: number;
  readonly processId: string;
  readonly node: string | undefined;
}

/** An operation at work. */
export interface Work {
  readonly operation: Operation;
  /** What has not ended yet, in its order. */
  readonly steps: readonly OpenStep[];
  /**
   * Does one step, behind all that came before it on its process. Resolves to how it ended; undefined if the gateway closes, or if
   * `mayBegin`, asked right before anything is done, says no.
   */
  run(step: OpenStep, mayBegin?: () => Promise<boolean>): Promise<StepState | undefined>;
  /** The gateway closes: nothing more is begun. */
  readonly closing: AbortSignal;
}

/** Which steps of an operation are done when. Resolves when no step is left to do. Begins with its first steps at once. */
export type Plan = (work: Work) => Promise<void>;

/** What is left of a step after its place among the others was given back: resolves to how it ended. */
type StepEnd = () => Promise<StepState | undefined>;

const allAtOnce: Plan = async ({ steps, run }) => {
  await Promise.all(steps.map((step) => run(step)));
};

const always = async () => true;

// Starts on one node at once: more would only queue on the node itself.
const STEPS_PER_NODE = 8;
const STEPS_IN_ALL = 256;
const RETRY_MS = 500;
const RESUME_MS = 5_000;

export class Execution {
  /** One operation at a time works on a process, in the order in which they were stored. */
  readonly #perProcess = new Lanes(1);
  readonly #perNode = new Lanes(STEPS_PER_NODE);
  readonly #inAll = new Lanes(STEPS_IN_ALL);
  /** By process, of the step that is at work on it: told when there is something else to do with it. */
  readonly #current = new Map<string, AbortController>();
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #record: OperationRecord;
  #taking: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(
    private readonly store: Store,
    private readonly fleet: Fleet,
    private readonly steps: StepRunner,
    record: OperationRecord,
    private readonly log: Logger,
    private readonly plans: Partial<Readonly<Record<OperationKind, Plan>>> = {},
  ) {
    this.#record = record;
  }

  /** Begins everything that is stored and has not ended. Resolves when it is begun; what is asked for at the same time is begun in the order of the store. */
  takeUp(): Promise<void> {
    this.#taking = this.#taking.then(() => this.#take());
    return this.#taking;
  }

  /** Resolves at the end of the operation, or when the gateway closes. */
  async ended(id: string): Promise<void> {
    await this.#underWay.get(id);
  }

  /** No new steps; those under way are left as they are, and go on at the next start. */
  async close(graceMs: number): Promise<void> {
    this.#closing.abort();
    await this.#taking;
    await atMost(graceMs, Promise.all(this.#underWay.values()));
  }

  async #take(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        const found = await this.store.write((em) => openWork(em, [...this.#underWay.keys()]));
        for (const { operation, steps } of found) this.#begin(operation, steps);
        return;
      } catch (error) {
        // They are stored: a store that cannot be read now only delays them.
        this.log.error({ err: error }, 'stored operations could not be taken up; this is tried again');
        await sleep(RETRY_MS);
      }
    }
  }

  #begin(operation: Operation, steps: readonly OpenStep[]): void {
    const { id, kind } = operation;
    if (operation.startedAt) this.log.info({ operation: id, kind }, 'this operation goes on');
    const work = because({ actor: operation.actor, operation: id }, () => this.#carryOut(operation, steps))
      .catch((error) => {
        this.log.error({ operation: id, err: error }, 'this operation stopped short; it goes on in a moment');
        // What is done is done, and what is not can be repeated.
        setTimeout(() => void this.takeUp(), RESUME_MS).unref();
      })
      .finally(() => this.#underWay.delete(id));
    this.#underWay.set(id, work);
  }

  async #carryOut(operation: Operation, steps: readonly OpenStep[]): Promise<void> {
    // Nodes found down: their other steps fail at once, instead of each waiting for the same silence.
    const down = new Map<string, StepFailure>();
    const run: Work['run'] = (step, mayBegin) => {
      // Whoever waits for the health of what is to be stopped now waits in vain. What is restarted in its turn has time until then.
      if (operation.kind === 'STOP' || operation.kind === 'RESTART') this.#current.get(step.processId)?.abort();
      return this.#perProcess.run(step.processId, async () => {
        const end = await this.#inLane(operation, step, down, mayBegin);
        // Waiting for health takes no place from what there is to do.
        return end?.();
      });
    };
    const closing = this.#closing.signal;
    await (this.plans[operation.kind] ?? allAtOnce)({ operation, steps, run, closing });
    if (!this.#closing.signal.aborted) await this.#record.finish(operation.id);
  }

  #inLane(
    operation: Operation,
    step: OpenStep,
    down: Map<string, StepFailure>,
    mayBegin: () => Promise<boolean> = always,
  ): Promise<StepEnd | undefined> {
    const { node } = step;
    const work = async () => ((await mayBegin()) ? this.#step(operation, step, down) : undefined);
    if (!node) return work();
    // Who waits for a node that is not there takes no place from the others.
    return this.#perNode.run(node, () => (this.#isThere(node) ? this.#inAll.run('', work) : work()));
  }

  #isThere(node: string): boolean {
    return this.fleet.connection(node)?.state === 'CONNECTED';
  }

  async #step(operation: Operation, step: OpenStep, down: Map<string, StepFailure>): Promise<StepEnd | undefined> {
    if (this.#closing.signal.aborted) return undefined;
    const begun = await this.#record.beginStep(operation.id, step.id);
    if (!begun) return () => this.#record.stateOf(step.id);
    // A node that came back meanwhile is tried again: an operation may take hours.
    const known = step.node && !this.#isThere(step.node) ? down.get(step.node) : undefined;
    const later = new AbortController();
    this.#current.set(step.processId, later);
    let wait: HealthWait | undefined;
    const begin = async () => {
      wait = await this.steps.run(operation, { processId: step.processId, stepId: step.id });
    };
    const failure = known ?? (await this.#attempt(operation, step, begin));
    if (failure?.isNodeDown && step.node) down.set(step.node, failure);
    return async () => {
      const signal = AbortSignal.any([later.signal, this.#closing.signal]);
      const last = wait ? await this.#attempt(operation, step, () => (wait as HealthWait)(signal)) : failure;
      this.#current.delete(step.processId);
      // What the end of the gateway cut short has not failed: it goes on at the next start.
      if (this.#closing.signal.aborted && last) return undefined;
      return this.#record.endStep(operation, step.id, last);
    };
  }

  async #attempt(
    operation: Operation,
    { processId }: OpenStep,
    work: () => Promise<void>,
  ): Promise<StepFailure | undefined> {
    try {
      await work();
      return undefined;
    } catch (error) {
      if (error instanceof StepFailure) return error;
      this.log.error({ operation: operation.id, process: processId, err: error }, 'a step failed unexpectedly');
      return new StepFailure('INTERNAL', 'Something went wrong in the gateway; its log says what.');
    }
  }
}

/** Operations that have not ended and are not under way, with what is left of them, in the order in which they were stored. */
async function openWork(
  em: EntityManager,
  underWay: readonly string[],
): Promise<{ operation: Operation; steps: OpenStep[] }[]> {
  const operations = await em.find(
    Operation,
    { state: { $in: ['QUEUED', 'RUNNING'] }, id: { $nin: [...underWay] } },
    { orderBy: { createdAt: 'asc' } },
  );
  const rows = await em.find(
    OperationStep,
    { operation: { $in: operations.map(({ id }) => id) } },
    { populate: ['process'], orderBy: { id: 'asc' } },
  );
  // Steps are numbered as they are stored: of two operations, the one with the lower numbers was first.
  const first = new Map<string, number>();
  const open = new Map<string, OpenStep[]>();
  for (const row of rows) {
    const operation = row.operation.id;
    if (!first.has(operation)) first.set(operation, row.id);
    if (row.finishedAt) continue;
    const node = row.process ? publicId('Node', row.process.unwrap().node.id) : undefined;
    open.set(operation, [...(open.get(operation) ?? []), { id: row.id, processId: row.processId, node }]);
  }
  return operations
    .sort((one, other) => (first.get(one.id) ?? 0) - (first.get(other.id) ?? 0))
    .map((operation) => ({ operation, steps: open.get(operation.id) ?? [] }));
}
