// Attempts that were refused: told in the log, who tried what, and no more often than a log can bear.
import type { Store } from '../store/store.ts';

export interface Refusal {
  /** Who tried, if that is known. */
  readonly actor?: string | undefined;
  /** What was tried, as in `mutation deleteInstance`, or a header that was not good. */
  readonly attempt: string;
  /** The code of the refusal. */
  readonly code: string;
  /** Where it came from. */
  readonly address?: string | undefined;
}

// Whoever knocks a thousand times a second is told of once in a while, with how often.
const EACH_MS = 10_000;
const MAX_KNOWN = 1_000;

export class Refusals {
  readonly #known = new Map<string, { at: number; unsaid: number }>();

  constructor(
    private readonly store: Store,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Tells it, unless the same was told just now: then the next one says how many were not. */
  async note({ actor, attempt, code, address }: Refusal): Promise<void> {
    const key = JSON.stringify([actor, attempt, code, address]);
    const known = this.#known.get(key);
    const at = this.now();
    if (known && at - known.at < EACH_MS) {
      known.unsaid += 1;
      return;
    }
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(key, { at, unsaid: 0 });
    const after = { attempt, code, address: address ?? null, times: 1 + (known?.unsaid ?? 0) };
    await this.store.tell([
      { type: 'ACCESS_REFUSED', subjectType: 'GATEWAY', subjectId: 'gateway', tenants: [], actor, after },
    ]);
  }
}
