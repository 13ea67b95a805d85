// Keeps the log of events as long and as large as it is meant to be: at the start, and again and again, in the background.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Kept, scan } from '../store/log/pruning.ts';
import type { Store } from '../store/store.ts';
import { DAY_MS } from './durations.ts';

/** The newest so many, of the last so many days. */
export interface KeptEvents {
  readonly days: number;
  readonly most: number;
}

const ROUND_MS = 60_000;
// Between two pieces: whoever waits to write or to be answered comes first.
const PAUSE_MS = 20;

export class LogCare {
  readonly #closing = new AbortController();
  #rounds: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: Store,
    private readonly kept: KeptEvents,
    private readonly log: Logger,
    private readonly now: () => number = Date.now,
  ) {}

  open(): void {
    this.#rounds = this.#goRound();
  }

  /** Takes away what is no longer kept, piece by piece. Answers with how many entries went. */
  async prune(): Promise<number> {
    const now = this.now();
    const kept: Kept = {
      most: this.kept.most,
      from: new Date(Math.max(0, now - this.kept.days * DAY_MS)).toISOString(),
      now: new Date(now).toISOString(),
    };
    let count = 0;
    let place: number | undefined = this.store.log.head().anchorSeq;
    while (place !== undefined && !this.#closing.signal.aborted) {
      const { old, next } = scan(this.store.log, kept, place);
      if (old !== undefined) count += await this.#pruneUpTo(old);
      place = next;
      await this.#pause(PAUSE_MS);
    }
    return count;
  }

  /** Resolves when the piece under way is done. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#rounds;
  }

  async #goRound(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      try {
        const count = await this.prune();
        if (count > 0) this.log.info({ count }, 'events that are kept no longer were pruned');
      } catch (error) {
        // The store says itself that it cannot be written; the next round tries again.
        this.log.warn({ err: error }, 'the log of events could not be pruned');
      }
      await this.#pause(ROUND_MS);
    }
  }

  async #pruneUpTo(seq: number): Promise<number> {
    let count = 0;
    while (!this.#closing.signal.aborted) {
      const gone = await this.store.prune(seq);
      if (gone === 0) break;
      count += gone;
      await this.#pause(PAUSE_MS);
    }
    return count;
  }

  // Cut short by the end of the gateway, and no reason for the process to live on.
  #pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#closing.signal, ref: false }).catch(() => {});
  }
}
