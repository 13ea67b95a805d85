// Someone in between who cuts: some connections in the midst of what they carry, after a number of bytes, others when it is told to.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Cutter extends AsyncDisposable {
  readonly port: number;
  /** How many connections it has cut while both ends were up. */
  readonly cuts: number;
  /** Cuts so many of those that are open now, whichever. */
  cut(count: number): void;
}

export async function startCutter(to: number, meanBytes: number): Promise<Cutter> {
  const open = new Set<{ readonly end: () => void }>();
  let cuts = 0;
  const cutOne = (pair: { readonly end: () => void }) => {
    if (open.has(pair)) cuts++;
    pair.end();
  };
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    // One in two has its end set by bytes: most likely within a frame.
    let left = Math.random() < 0.5 ? Math.ceil(Math.random() * 2 * meanBytes) : Number.POSITIVE_INFINITY;
    const pair = {
      end: () => {
        open.delete(pair);
        near.destroy();
        far.destroy();
      },
    };
    open.add(pair);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', () => {}).on('close', pair.end);
    }
    pass(near, far, (chunk) => chunk);
    pass(far, near, (chunk) => {
      const part = chunk.length > left ? chunk.subarray(0, left) : chunk;
      left -= part.length;
      if (left <= 0) setImmediate(cutOne, pair);
      return part;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get cuts() {
      return cuts;
    },
    cut: (wanted) => {
      const all = [...open];
      for (let each = 0; each < wanted && all.length > 0; each++) {
        const [pair] = all.splice(Math.floor(Math.random() * all.length), 1);
        if (pair) cutOne(pair);
      }
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const pair of open) pair.end();
      await closed;
    },
  };
}

function pass(from: Socket, to: Socket, take: (chunk: Buffer) => Buffer): void {
  from.on('data', (chunk: Buffer) => {
    if (to.destroyed || to.write(take(chunk))) return;
    from.pause();
    to.once('drain', () => from.resume());
  });
}
