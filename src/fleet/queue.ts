// One after the other for each key; different keys do not wait for each other.

export class KeyedQueue {
  readonly #tails = new Map<string, Promise<void>>();

  /** Resolves when it is this caller's turn, to the function that ends the turn. */
  async turn(key: string): Promise<() => void> {
    const before = this.#tails.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    const tail = before ? before.then(() => promise) : promise;
    this.#tails.set(key, tail);
    tail.then(() => this.#tails.get(key) === tail && this.#tails.delete(key));
    await before;
    return resolve;
  }
}
