// Lifecycle: turns a wish (start, stop, restart) into a stored operation with a step for each process, and carries it out.
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { atMost } from '../patience.ts';
import { now } from '../store/entities/columns.ts';
import {
  Operation,
  type OperationKind,
  type OperationState,
  type OperationTarget,
} from '../store/entities/operation.ts';
import { OperationStep } from '../store/entities/operation-step.ts';
import { Process } from '../store/entities/process.ts';
import { publicId } from '../store/ids.ts';
import type { Store } from '../store/store.ts';
import type { Actor } from './actor.ts';
import { Lanes } from './lanes.ts';
import type { NewsBus } from './news.ts';
import { StepFailure } from './step-failure.ts';
import type { StepRunner } from './steps.ts';

/** What an operation was asked for. The id is the public one. */
export interface Target {
  readonly type: OperationTarget;
  readonly id: string;
}

export interface Outcome {
  readonly operationId: string;
  readonly failures: readonly { processId: string; reason: string | null; message: string }[];
}

// Starts on one node at once: more would only queue on the node itself.
const STEPS_PER_NODE = 8;

export class Lifecycle {
  /** One operation at a time works on a process, in the order in which they were asked for. */
  readonly #perProcess = new Lanes(1);
  readonly #perNode = new Lanes(STEPS_PER_NODE);
  readonly #running = new Map<string, Promise<void>>();
  readonly #aside = new Set<Promise<void>>();
  #closing = false;

  constructor(
    private readonly store: Store,
    private readonly bus: NewsBus,
    private readonly steps: StepRunner,
    private readonly log: Logger,
  ) {}

  /** Stores the operation together with the desired states, starts the work, and answers after `waitMs` or at the end of it. */
  async request(
    actor: Actor,
    kind: OperationKind,
    target: Target,
    processes: readonly Process[],
    waitMs: number,
  ): Promise<string> {
    const id = randomUUID();
    const desired = kind === 'STOP' ? 'STOPPED' : 'RUNNING';
    // The wish is committed before the first byte goes to a node: a crash of the gateway does not lose it.
    await this.store.write(async (em) => {
      const operation = em.create(Operation, {
        id,
        kind,
        actor: actor.name,
        targetType: target.type,
        targetId: target.id,
      } as never);
      for (const process of processes)
        em.create(OperationStep, { operation, process: process.id, processId: process.id } as never);
      await em.nativeUpdate(
        Process,
        { id: { $in: processes.map((each) => each.id) } },
        { desired, desiredActor: actor.name },
      );
    });
    await atMost(waitMs, this.#start(id));
    return id;
  }

  /** Stops these and waits until each is down or has failed to stop. */
  async stopAndWait(actor: Actor, target: Target, processes: readonly Process[], waitMs: number): Promise<Outcome> {
    const operationId = await this.request(actor, 'STOP', target, processes, waitMs);
    const open = await this.store.write((em) =>
      em.find(OperationStep, { operation: operationId, state: { $ne: 'SUCCEEDED' } }),
    );
    return {
      operationId,
      failures: open.map(({ processId, reason, message }) => ({
        processId,
        reason: reason ?? null,
        message: message ?? 'it is not yet stopped',
      })),
    };
  }

  /** After a start of the gateway: operations that were under way go on. Steps are safe to repeat. */
  async resume(): Promise<void> {
    const open = await this.store.write((em) =>
      em.find(Operation, { finishedAt: null }, { orderBy: { createdAt: 'asc' } }),
    );
    for (const operation of open) {
      this.log.info({ operation: operation.id, kind: operation.kind }, 'this operation goes on');
      void this.#start(operation.id);
    }
  }

  /** Work that nobody waits for, done before the gateway is closed if the time allows. */
  aside(work: Promise<void>): void {
    const done = work
      .catch((error) => this.log.warn({ err: error }, 'work in the background stopped short'))
      .finally(() => this.#aside.delete(done));
    this.#aside.add(done);
  }

  /** No new steps; those under way are left as they are, and go on at the next start. */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    await atMost(graceMs, Promise.all([...this.#running.values(), ...this.#aside]));
  }

  #start(id: string): Promise<void> {
    const work = this.#run(id)
      .catch((error) => this.log.error({ operation: id, err: error }, 'this operation stopped short'))
      .finally(() => this.#running.delete(id));
    this.#running.set(id, work);
    return work;
  }

  async #run(id: string): Promise<void> {
    const { operation, steps } = await this.store.write(async (em) => {
      const found = await em.findOneOrFail(Operation, id);
      found.state = 'RUNNING';
      found.startedAt ??= now();
      const open = await em.find(
        OperationStep,
        { operation: id, finishedAt: null },
        { populate: ['process'], orderBy: { id: 'asc' } },
      );
      return { operation: found, steps: open };
    });
    // Nodes found down: their other steps fail at once, instead of each waiting for the same silence.
    const down = new Map<string, StepFailure>();
    await Promise.all(
      steps.map((step) => {
        const node = step.process && publicId('Node', step.process.unwrap().node.id);
        const work = () => this.#step(operation, step.id, step.processId, node ?? '', down);
        return this.#perProcess.run(step.processId, () => (node ? this.#perNode.run(node, work) : work()));
      }),
    );
    if (!this.#closing) await this.#finish(id);
  }

  async #step(
    operation: Operation,
    stepId: number,
    processId: string,
    node: string,
    down: Map<string, StepFailure>,
  ): Promise<void> {
    if (this.#closing) return;
    await this.#update(operation.id, stepId, (step) => {
      step.state = 'RUNNING';
      step.attempts += 1;
      step.startedAt ??= now();
    });
    const failure = down.get(node) ?? (await this.#attempt(operation, processId));
    if (failure?.isNodeDown) down.set(node, failure);
    // What the end of the gateway cut short has not failed: it goes on at the next start.
    if (this.#closing && failure) return;
    await this.#update(operation.id, stepId, (step) => {
      step.state = failure ? 'FAILED' : 'SUCCEEDED';
      step.reason = failure?.reason ?? null;
      step.message = failure?.message ?? null;
      step.finishedAt = now();
    });
  }

  async #attempt(operation: Operation, process: string): Promise<StepFailure | undefined> {
    try {
      await this.steps.run(operation.kind, process, operation.actor);
      return undefined;
    } catch (error) {
      if (error instanceof StepFailure) return error;
      this.log.error({ operation: operation.id, process, err: error }, 'a step failed unexpectedly');
      return new StepFailure('INTERNAL', 'Something went wrong in the gateway; its log says what.');
    }
  }

  async #update(operationId: string, stepId: number, change: (step: OperationStep) => void): Promise<void> {
    await this.store.write(async (em) => {
      const step = await em.findOne(OperationStep, stepId);
      if (step) change(step);
    });
    this.bus.publish('operationChange', operationId);
  }

  async #finish(id: string): Promise<void> {
    await this.store.write(async (em) => {
      const operation = await em.findOne(Operation, id);
      if (!operation) return;
      const total = await em.count(OperationStep, { operation: id });
      const failed = await em.count(OperationStep, { operation: id, state: 'FAILED' });
      operation.state = stateOf(total, failed);
      operation.finishedAt = now();
    });
    this.bus.publish('operationChange', id);
  }
}

function stateOf(total: number, failed: number): OperationState {
  if (failed === 0) return 'SUCCEEDED';
  return failed === total ? 'FAILED' : 'PARTIALLY_FAILED';
}
