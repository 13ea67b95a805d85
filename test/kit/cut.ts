// The end of a gateway at a chosen moment: after a number of transactions its store takes and gives nothing any longer.
import type { TestGateway } from './gateway.ts';

export interface Cut {
  /** Resolves when it has happened. */
  readonly happened: Promise<void>;
}

/** Nothing that the gateway does after its next `commits` transactions is written down, as after `kill -9`. */
export function cutAfter(gateway: TestGateway, commits: number): Cut {
  const { store } = gateway.platform;
  const write = store.write.bind(store);
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = commits;
  store.write = async (work) => {
    if (left <= 0) throw new Error('cut');
    const result = await write(work);
    left -= 1;
    if (left > 0) return result;
    // Committed, and nobody hears of it.
    resolve();
    throw new Error('cut');
  };
  return { happened: promise };
}
