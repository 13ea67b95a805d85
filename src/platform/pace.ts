// The pace of attempts that nobody asked for: the first at once, the next ones after growing waits, so that nothing becomes a storm.

interface Tries {
  readonly count: number;
  readonly at: number;
}

const FIRST_MS = 2_000;
const LONGEST_MS = 5 * 60_000;
// What held so long beyond its wait is over: the next fault is a new one.
const FORGET_MS = 60_000;
const MAX_KEPT = 10_000;

export class Pace {
  readonly #tries = new Map<string, Tries>();

  constructor(private readonly clock: () => number = () => performance.now()) {}

  /** Milliseconds until the next attempt for this may begin; 0 for now. */
  waitMs(key: string): number {
    const tries = this.#recent(key);
    return tries ? Math.max(0, tries.at + waitAfter(tries.count) - this.clock()) : 0;
  }

  /** How many attempts there were for the fault at hand. */
  attempts(key: string): number {
    return this.#recent(key)?.count ?? 0;
  }

  tried(key: string): void {
    const count = this.attempts(key) + 1;
    this.#tries.delete(key);
    this.#tries.set(key, { count, at: this.clock() });
    // The oldest attempt comes first.
    if (this.#tries.size > MAX_KEPT) for (const [oldest] of this.#tries) return void this.#tries.delete(oldest);
  }

  #recent(key: string): Tries | undefined {
    const tries = this.#tries.get(key);
    if (!tries || this.clock() < tries.at + waitAfter(tries.count) + FORGET_MS) return tries;
    this.#tries.delete(key);
    return undefined;
  }
}

const waitAfter = (count: number) => Math.min(LONGEST_MS, FIRST_MS * 2 ** (count - 1));
