// The end of kept answers: a day after they were given, also where nobody asks anything any longer.
import { setTimeout as sleep } from 'node:timers/promises';
import { StoredAnswer } from '../store/entities/stored-answer.ts';
import { type EntityManager, untold } from '../store/store.ts';
import type { Platform } from './platform.ts';

const KEPT_MS = 24 * 60 * 60 * 1000;
const LOOK_MS = 10 * 60 * 1000;
// A transaction of so many is over before anybody notices, and after the pause the writes that came meanwhile have had their turn.
const PIECE = 100;
const PAUSE_MS = 50;

/** What was kept before this instant has expired. */
export const expiry = (): string => new Date(Date.now() - KEPT_MS).toISOString();

/** Removes so many expired answers at most, the oldest first; answers with how many there were. */
export async function pruneAnswers(em: EntityManager, most: number): Promise<number> {
  const expired = await em.find(
    StoredAnswer,
    { createdAt: { $lt: expiry() } },
    { fields: ['id'], orderBy: { createdAt: 'asc' }, limit: most },
  );
  if (expired.length > 0) await untold(em).nativeDelete(StoredAnswer, { id: { $in: expired.map(({ id }) => id) } });
  return expired.length;
}

/** Prunes in the background, piece by piece. */
export class AnswerExpiry {
  readonly #closing = new AbortController();
  readonly #looks: NodeJS.Timeout;
  #work: Promise<void> | undefined;

  constructor(
    private readonly parts: Pick<Platform, 'store' | 'log'>,
    lookMs = LOOK_MS,
  ) {
    this.#looks = setInterval(() => this.look(), lookMs).unref();
  }

  /** Begins to remove what has expired, unless that is under way. */
  look(): void {
    if (this.#closing.signal.aborted) return;
    this.#work ??= this.#prune().finally(() => {
      this.#work = undefined;
    });
  }

  /** Ends after the piece under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#looks);
    await this.#work;
  }

  async #prune(): Promise<void> {
    const { signal } = this.#closing;
    try {
      while (!signal.aborted && (await this.parts.store.write((em) => pruneAnswers(em, PIECE))) === PIECE)
        await sleep(PAUSE_MS, undefined, { signal, ref: false });
    } catch (error) {
      // Nothing is lost by it: the next look goes on.
      if (!signal.aborted) this.parts.log.warn({ err: error }, 'expired answers could not be removed');
    }
  }
}
