// Looks: each thing is looked at when that is due, one look at a time; a hundred reasons to look are one look.

// Whatever becomes due while a look is under way waits for its end, and a little longer.
const UNDER_WAY_MS = 250;

export class Looks {
  readonly #due = new Map<string, { at: number; timer: NodeJS.Timeout }>();
  readonly #underWay = new Map<string, Promise<void>>();
  #closed = false;

  /** `look` never throws. */
  constructor(private readonly look: (key: string) => Promise<void>) {}

  /** Looks within so many milliseconds, or earlier if that was asked for. */
  within(ms: number, key: string): void {
    if (this.#closed) return;
    const at = performance.now() + ms;
    const due = this.#due.get(key);
    if (due && due.at <= at) return;
    clearTimeout(due?.timer);
    this.#due.set(key, { at, timer: setTimeout(() => this.#begin(key), ms).unref() });
  }

  /** No new looks; resolves when none is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { timer } of this.#due.values()) clearTimeout(timer);
    await Promise.all(this.#underWay.values());
  }

  #begin(key: string): void {
    this.#due.delete(key);
    if (this.#underWay.has(key)) {
      this.within(UNDER_WAY_MS, key);
      return;
    }
    const work = this.look(key).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, work);
  }
}
