// How long to wait before the next attempt: exponential, jittered so that many nodes do not come back in one moment.

export interface BackoffOptions {
  /** Milliseconds. Default 200. */
  readonly firstMs?: number;
  /** Milliseconds. Default 30 000. */
  readonly maxMs?: number;
}

export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #failures = 0;

  constructor(
    options: BackoffOptions = {},
    private readonly random: () => number = Math.random,
  ) {
    this.#firstMs = options.firstMs ?? 200;
    this.#maxMs = options.maxMs ?? 30_000;
  }

  /** Milliseconds to wait now: between half and all of the current step. */
  next(): number {
    const step = Math.min(this.#maxMs, this.#firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    return step * (0.5 + this.random() / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
