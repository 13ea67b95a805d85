// A queue to the store: what is told while one transaction is under way is written together by the next one, in its order.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { GantryError } from '../errors.ts';

export interface BatchOptions<Entry> {
  readonly log: Logger;
  /** What is written, as the subject of a sentence. */
  readonly what: string;
  /** One transaction: all of them or none. It may be asked again for the same ones. */
  readonly write: (entries: readonly Entry[]) => Promise<void>;
  /** One that can never be written, or no more before the end. */
  readonly giveUp: (entry: Entry, error: unknown) => void;
  /** How many of those that wait, from the first, may share a transaction; at least one. All, if it is not given. */
  readonly share?: (pending: readonly Entry[]) => number;
}

const RETRY_MS = 500;

export class Batch<Entry> {
  #pending: Entry[] = [];
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(private readonly options: BatchOptions<Entry>) {}

  add(entry: Entry): void {
    this.#pending.push(entry);
    this.#writing ??= this.#drain();
  }

  // All that is waiting goes into one transaction: a hundred crashes at once cost one commit.
  async #drain(): Promise<void> {
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const count = this.options.share?.(this.#pending) ?? this.#pending.length;
      await this.#writeTogether(this.#pending.splice(0, count));
    }
    this.#writing = undefined;
  }

  async #writeTogether(entries: readonly Entry[]): Promise<void> {
    try {
      await this.options.write(entries);
    } catch (error) {
      await this.#retry(entries, error);
    }
  }

  // A node says things once: what could not be written down is kept and tried again, or a dead process would be shown as running.
  async #retry(entries: readonly Entry[], error: unknown): Promise<void> {
    const { log, what, giveUp } = this.options;
    log.error({ err: error, entries: entries.length }, `${what} could not be written down`);
    const isTransient = error instanceof GantryError && error.code === 'UNAVAILABLE';
    if (isTransient && !this.#closed) {
      await sleep(RETRY_MS);
      this.#pending.unshift(...entries);
    } else if (entries.length > 1) {
      // Each by itself: one that can never be written does not take the others with it.
      for (const entry of entries) await this.#writeTogether([entry]);
    } else if (entries[0]) giveUp(entries[0], error);
  }

  /** Resolves when all that was told is written down, or was given up. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
  }
}
