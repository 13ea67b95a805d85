// How much is on its way to a node at once: pieces of files over all files, and things done at the same time.

export interface Piece {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** How many pieces are on their way at once, over all files. */
export class Window {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(pieces: number) {
    this.#free = pieces;
  }

  /** Sends all pieces; resolves, when all have arrived, to how many bytes they were. */
  async through(
    pieces: AsyncIterable<Piece> | Iterable<Piece>,
    send: (piece: Piece) => Promise<void>,
  ): Promise<number> {
    let failure: { error: unknown } | undefined;
    let bytes = 0;
    const underWay = new Set<Promise<void>>();
    for await (const piece of pieces) {
      await this.#take();
      if (failure) {
        this.#giveBack();
        break;
      }
      bytes += piece.bytes.length;
      const done: Promise<void> = send(piece)
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => {
          underWay.delete(done);
          this.#giveBack();
        });
      underWay.add(done);
    }
    await Promise.all(underWay);
    if (failure) throw failure.error;
    return bytes;
  }

  async #take(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #giveBack(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}

/** So many at once; the first failure ends it, when what is under way has ended. */
export async function each<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  let failed = false;
  const worker = async () => {
    for (const item of rest) {
      if (failed) return;
      await work(item).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
