// Lanes: work with the same key goes in order, so many at a time; work with another key does not wait for it.
interface Lane {
  running: number;
  readonly waiting: (() => void)[];
}

export class Lanes {
  readonly #lanes = new Map<string, Lane>();

  constructor(private readonly width: number) {}

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(key) ?? { running: 0, waiting: [] };
    this.#lanes.set(key, lane);
    if (lane.running >= this.width) await new Promise<void>((resolve) => lane.waiting.push(resolve));
    else lane.running++;
    try {
      return await work();
    } finally {
      const next = lane.waiting.shift();
      // The place is handed on, not given up: whoever comes now waits behind those who are waiting.
      if (next) next();
      else if (--lane.running === 0) this.#lanes.delete(key);
    }
  }
}
