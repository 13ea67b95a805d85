// Lifecycle: turns a wish (start, stop, restart) into a stored operation with a step for each process, and sees to it that it is carried out.
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { atMost } from '../patience.ts';
import { Operation, type OperationKind, type OperationTarget } from '../store/entities/operation.ts';
import { OperationStep } from '../store/entities/operation-step.ts';
import { type DesiredState, Process } from '../store/entities/process.ts';
import { attribute } from '../store/log/cause.ts';
import type { EntityManager, Store } from '../store/store.ts';
import type { Actor } from './actor.ts';
import { settle, settledOperation, settleOperation } from './answers.ts';
import type { Execution } from './execution.ts';

/** What an operation was asked for. The id is the public one. */
export interface Target {
  readonly type: OperationTarget;
  readonly id: string;
}

export interface Outcome {
  readonly operationId: string;
  /** Ids of the processes that were seen to be down. */
  readonly stopped: readonly string[];
  readonly failures: readonly { processId: string; reason: string | null; message: string }[];
}

export class Lifecycle {
  readonly #aside = new Set<Promise<void>>();
  readonly #lettingGo = Promise.withResolvers<void>();

  constructor(
    private readonly store: Store,
    private readonly execution: Execution,
    private readonly log: Logger,
  ) {}

  /** Stores the operation together with the desired states, starts the work, and answers after `waitMs` or at the end of it. */
  async request(
    actor: Actor,
    kind: Wish,
    target: Target,
    processes: readonly Process[],
    waitMs: number,
  ): Promise<string> {
    // The wish is committed before the first byte goes to a node: a crash of the gateway does not lose it.
    const id = await this.store.write(async (em) => {
      const operation = await storeWish(em, actor, kind, target, idsOf(processes));
      await settle(em, { operation });
      return operation;
    });
    await this.carryOut(id, waitMs);
    return id;
  }

  /** Has a stored operation carried out, and waits for its end, at most so long. */
  async carryOut(id: string, waitMs: number): Promise<void> {
    const ended = this.execution.takeUp().then(() => this.execution.ended(id));
    await atMost(waitMs, Promise.race([ended, this.#lettingGo.promise]));
  }

  /** Nobody waits for the end of an operation any longer; the operations go on. */
  letGo(): void {
    this.#lettingGo.resolve();
  }

  /** Stops these and waits until each is down or has failed to stop. A request that was cut goes on with the stop that it had stored. */
  async stopAndWait(actor: Actor, target: Target, processes: readonly Process[], waitMs: number): Promise<Outcome> {
    const operationId = settledOperation() ?? (await this.#storeStop(actor, target, processes));
    await this.carryOut(operationId, waitMs);
    const steps = await this.store.write((em) => em.find(OperationStep, { operation: operationId }));
    const isDone = ({ state }: OperationStep) => state === 'SUCCEEDED';
    return {
      operationId,
      stopped: steps.filter(isDone).map(({ processId }) => processId),
      failures: steps
        .filter((step) => !isDone(step))
        .map(({ processId, reason, message }) => ({
          processId,
          reason: reason ?? null,
          message: message ?? 'it is not yet stopped',
        })),
    };
  }

  #storeStop(actor: Actor, target: Target, processes: readonly Process[]): Promise<string> {
    return this.store.write(async (em) => {
      const operation = await storeWish(em, actor, 'STOP', target, idsOf(processes));
      await settleOperation(em, operation);
      return operation;
    });
  }

  /** Work that nobody waits for, done before the gateway is closed if the time allows. */
  aside(work: Promise<void>): void {
    const done = work
      .catch((error) => this.log.warn({ err: error }, 'work in the background stopped short'))
      .finally(() => this.#aside.delete(done));
    this.#aside.add(done);
  }

  async close(graceMs: number): Promise<void> {
    await atMost(graceMs, Promise.all([this.execution.close(graceMs), ...this.#aside]));
  }
}

const idsOf = (processes: readonly Process[]) => processes.map((process) => process.id);

/** Kinds that say what is wanted from now on. A rolling restart does not: it leaves alone what nobody wants up. */
export type Wish = Exclude<OperationKind, 'ROLLING_RESTART'>;

const WANTED: Readonly<Record<Wish, DesiredState>> = { START: 'RUNNING', RESTART: 'RUNNING', STOP: 'STOPPED' };

/** An operation with a step for each process, and what is wanted of them from now on. In the caller's transaction; answers with its id. */
export async function storeWish(
  em: EntityManager,
  actor: Actor,
  kind: Wish,
  target: Target,
  ids: readonly string[],
): Promise<string> {
  const desired = WANTED[kind];
  const before = new Map<string, DesiredState>();
  const processes = await em.find(Process, { id: { $in: [...ids] } });
  for (const process of processes) {
    before.set(process.id, process.desired);
    process.desired = desired;
    process.desiredActor = actor.name;
  }
  const operation = storeOperation(em, actor.name, kind, target, ids, before);
  for (const process of processes) attribute(process, { actor: actor.name, operation });
  return operation;
}

/** The same without a word about what is wanted. `before`: what was wanted of each before, to go back to if the step is cancelled. */
export function storeOperation(
  em: EntityManager,
  actor: string,
  kind: OperationKind,
  { type: targetType, id: targetId }: Target,
  ids: readonly string[],
  before?: ReadonlyMap<string, DesiredState>,
): string {
  const id = randomUUID();
  const operation = em.create(Operation, { id, kind, actor, targetType, targetId } as never);
  for (const processId of ids) {
    const previousDesired = before?.get(processId) ?? null;
    em.create(OperationStep, { operation, process: processId, processId, previousDesired } as never);
  }
  return id;
}
