// Places: who may take a process down now. It keeps the promise that of a rolling restart's processes no more than `maxDown` are down,
// whoever took them down. Who is at work is remembered in here only: one gateway holds a store, so all who restart ask here.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { OperationStep } from '../store/entities/operation-step.ts';
import type { Store } from '../store/store.ts';
import type { NewsBus } from './news.ts';
import { hasEnded, mayGoDown } from './rolling.ts';
import { isDown, readStanding, type Standing } from './standing.ts';

/** Leave to take a process down, until it is given back. */
export interface Place {
  /** Whether it may still be used: others may have gone down by themselves since it was given. */
  isGood(): Promise<boolean>;
  giveBack(): void;
}

interface Waiting {
  /** What is looked at for it, besides all that is down. */
  readonly process: string | undefined;
  readonly isMet: (standing: Standing) => boolean;
  readonly end: (isMet: boolean) => void;
}

// News wake those who wait; a look from time to time finds also what nobody told.
const LOOK_EVERY_MS = 1_000;
// Between two looks, as a multiple of what the last one took: thousands of news are no reason to do nothing else.
const REST = 4;

export class Places {
  /** How many hold a place for a process: two rolling restarts may both be in line for one. */
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #isLooking = false;
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

  /**
   * Resolves to a place as soon as one is free, or to undefined after `patienceMs`, or at the signal. It looks at least once, and
   * patience begins when every process was looked at since the start of the gateway.
   */
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
    return (await this.#until(process, isMet, patienceMs, signal)) ? this.#place(process) : undefined;
  }

  /** Resolves to true as soon as none of these is down or the operation is over, or to false after `patienceMs`, or at the signal. */
  allUp(operation: string, processes: readonly string[], patienceMs: number, signal: AbortSignal): Promise<boolean> {
    const isMet = (standing: Standing) =>
      !standing.bounds.has(operation) || !processes.some((id) => isDown(id, standing));
    return this.#until(undefined, isMet, patienceMs, signal);
  }

  /** Resolves after so many milliseconds, or when the operation is over, or at the signal. */
  async rest(operation: string, ms: number, signal: AbortSignal): Promise<void> {
    if (ms > 0) await this.#until(undefined, ({ bounds }) => !bounds.has(operation), ms, signal);
  }

  #place(process: string): Place {
    return {
      isGood: async () => this.#isFree(process, await this.#stand([])),
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

  #until(
    process: string | undefined,
    isMet: Waiting['isMet'],
    patienceMs: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    return new Promise((resolve) => {
      let patience: NodeJS.Timeout | undefined;
      const giveUp = () => waiting.end(false);
      const waiting: Waiting = {
        process,
        isMet: (standing) => {
          if (!standing.isUnseen) patience ??= setTimeout(giveUp, patienceMs);
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
    if (!this.#isLooking) void this.#lookWhileStale();
  }

  async #lookWhileStale(): Promise<void> {
    this.#isLooking = true;
    clearTimeout(this.#next);
    while (this.#isStale && this.#waiting.size > 0) {
      this.#isStale = false;
      const began = performance.now();
      await this.#look().catch((error) =>
        this.log.warn({ err: error }, 'nobody could look whether a rolling restart may go on; it is tried again'),
      );
      await sleep(REST * (performance.now() - began));
    }
    this.#isLooking = false;
    if (this.#waiting.size > 0) this.#next = setTimeout(() => this.#wake(), LOOK_EVERY_MS).unref();
  }

  /** One look for all who wait by then, in the order in which they came. */
  async #look(): Promise<void> {
    const waiting = [...this.#waiting];
    const standing = await this.#stand(waiting.flatMap(({ process }) => process ?? []));
    for (const each of waiting) if (this.#waiting.has(each) && each.isMet(standing)) each.end(true);
  }

  async #stand(processes: readonly string[]): Promise<Standing> {
    // Before the store is read: what is given back meanwhile may have been read as it was before.
    const held = new Set(this.#taken.keys());
    return this.store.write((em) => readStanding(em, [...processes, ...held], held));
  }
}
