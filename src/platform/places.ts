// Places: who may take a process down now. It keeps the promise that of a rolling restart's processes no more than `maxDown` are down,
// whoever took them down. Who is at work is remembered in here only: one gateway holds a store, so all who restart ask here.
import type { Logger } from 'pino';
import { OperationStep } from '../store/entities/operation-step.ts';
import type { Process } from '../store/entities/process.ts';
import type { EntityManager, Store } from '../store/store.ts';
import type { NewsBus } from './news.ts';
import { type Bound, hasEnded, isUp, mayGoDown } from './rolling.ts';

/** Leave to take a process down, until it is given back. */
export interface Place {
  /** Whether it may still be used: others may have gone down by themselves since it was given. */
  isGood(): Promise<boolean>;
  giveBack(): void;
}

/** How things stand, with what was being restarted when they were looked at. */
interface Standing {
  /** The rolling restarts that have not ended, by their ids. */
  readonly bounds: ReadonlyMap<string, Bound>;
  /** The steps of them that have ended. */
  readonly ended: ReadonlySet<number>;
  readonly processes: ReadonlyMap<string, Process>;
  /** Processes at which a step of any operation is at work: not settled after a start, or about to be stopped. */
  readonly busy: ReadonlySet<string>;
  readonly held: ReadonlySet<string>;
}

interface Waiting {
  readonly isMet: (standing: Standing) => boolean;
  readonly end: (isMet: boolean) => void;
}

// News wake those who wait; a look from time to time finds also what nobody told.
const LOOK_EVERY_MS = 1_000;

export class Places {
  /** How many hold a place for a process: two rolling restarts may both be in line for one. */
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #looking = false;
  #isStale = false;
  #next: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: Store,
    private readonly log: Logger,
    bus: NewsBus,
  ) {
    bus.listen('processChange', () => this.#wake());
    bus.listen('operationChange', () => this.#wake());
  }

  /** Resolves to a place as soon as one is free, or to undefined after `patienceMs`, or at the signal. It looks at least once. */
  async take(
    { id, processId: process }: OperationStep,
    patienceMs: number,
    signal: AbortSignal,
  ): Promise<Place | undefined> {
    const isMet = (standing: Standing) => {
      // What has ended meanwhile has nothing to wait for.
      if (!standing.ended.has(id) && !this.#isFree(process, standing)) return false;
      // At once: it counts for whoever is next in line.
      this.#taken.set(process, (this.#taken.get(process) ?? 0) + 1);
      return true;
    };
    return (await this.#until(isMet, patienceMs, signal)) ? this.#place(process) : undefined;
  }

  /** Resolves to true as soon as none of these is missing or the operation is over, or to false after `patienceMs`, or at the signal. */
  allUp(operation: string, processes: readonly string[], patienceMs: number, signal: AbortSignal): Promise<boolean> {
    const isMet = (standing: Standing) =>
      !standing.bounds.has(operation) || !processes.some((id) => isDown(id, standing));
    return this.#until(isMet, patienceMs, signal);
  }

  /** Resolves after so many milliseconds, or when the operation is over, or at the signal. */
  async rest(operation: string, ms: number, signal: AbortSignal): Promise<void> {
    if (ms > 0) await this.#until(({ bounds }) => !bounds.has(operation), ms, signal);
  }

  #place(process: string): Place {
    return {
      isGood: async () => this.#isFree(process, await this.#stand()),
      giveBack: () => {
        const left = (this.#taken.get(process) ?? 1) - 1;
        if (left > 0) this.#taken.set(process, left);
        else this.#taken.delete(process);
        this.#wake();
      },
    };
  }

  #isFree(id: string, standing: Standing): boolean {
    const process = standing.processes.get(id);
    // What nobody wants up any longer will not be restarted, and what has ended cannot be taken down.
    if (process?.desired !== 'RUNNING' || hasEnded(process)) return true;
    const mayBeDown = (member: string) =>
      standing.held.has(member) || this.#taken.has(member) || isDown(member, standing);
    return mayGoDown(id, [...standing.bounds.values()], mayBeDown);
  }

  #until(isMet: Waiting['isMet'], patienceMs: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      let patience: NodeJS.Timeout | undefined;
      const giveUp = () => waiting.end(false);
      let looks = 0;
      const waiting: Waiting = {
        isMet: (standing) => {
          // Patience begins with the first look: who has none finds what is free at once.
          if (looks++ === 0) patience = setTimeout(giveUp, patienceMs);
          return isMet(standing);
        },
        end: (met) => {
          clearTimeout(patience);
          signal.removeEventListener('abort', giveUp);
          this.#waiting.delete(waiting);
          resolve(met);
        },
      };
      this.#waiting.add(waiting);
      signal.addEventListener('abort', giveUp);
      if (signal.aborted) giveUp();
      else this.#wake();
    });
  }

  #wake(): void {
    if (this.#waiting.size === 0) return;
    this.#isStale = true;
    if (!this.#looking) void this.#look();
  }

  /** One look at a time, for all who wait, in the order in which they came. */
  async #look(): Promise<void> {
    this.#looking = true;
    clearTimeout(this.#next);
    while (this.#isStale) {
      this.#isStale = false;
      try {
        const standing = await this.#stand();
        for (const waiting of [...this.#waiting]) if (waiting.isMet(standing)) waiting.end(true);
      } catch (error) {
        this.log.warn({ err: error }, 'nobody could look whether a rolling restart may go on; it is tried again');
      }
    }
    this.#looking = false;
    if (this.#waiting.size > 0) this.#next = setTimeout(() => this.#wake(), LOOK_EVERY_MS).unref();
  }

  async #stand(): Promise<Standing> {
    // Before the store is read: what is given back meanwhile may have been read as it was before.
    const held = new Set(this.#taken.keys());
    return { ...(await this.store.write(readStanding)), held };
  }
}

const isDown = (id: string, { processes, busy }: Standing): boolean => {
  const process = processes.get(id);
  // What nobody wants up is missed by nobody, also while it is stopped.
  return process?.desired === 'RUNNING' && (busy.has(id) || !isUp(process));
};

/** The rolling restarts that have not ended, and how their processes are. */
async function readStanding(em: EntityManager): Promise<Omit<Standing, 'held'>> {
  const open = { kind: 'ROLLING_RESTART', finishedAt: null } as const;
  const steps = await em.find(OperationStep, { operation: open }, { populate: ['operation', 'process'] });
  const bounds = new Map<string, { members: Set<string>; maxDown: number }>();
  const processes = new Map<string, Process>();
  for (const { operation, process, processId } of steps) {
    const { id, maxDown } = operation.unwrap();
    const bound = bounds.get(id) ?? { members: new Set(), maxDown: maxDown ?? 1 };
    bounds.set(id, bound);
    bound.members.add(processId);
    if (process) processes.set(processId, process.unwrap());
  }
  const ended = new Set(steps.filter(({ finishedAt }) => finishedAt).map(({ id }) => id));
  const atWork = await em.find(OperationStep, { state: 'RUNNING', operation: { finishedAt: null } });
  return { bounds, processes, ended, busy: new Set(atWork.map(({ processId }) => processId)) };
}
