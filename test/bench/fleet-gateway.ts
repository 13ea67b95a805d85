// The gateway of the bench of nodes, in a process of its own: says where it is, and what it takes when it is asked.
import { existsSync } from 'node:fs';

// The built program, with the types of its source.
const built = async <Module>(path: string): Promise<Module> =>
  import(new URL(`../../dist/${path}.js`, import.meta.url).href);
const { readConfig } = await built<typeof import('../../src/config.ts')>('config');
const { openGateway } = await built<typeof import('../../src/gateway.ts')>('gateway');

/** In bytes, after two collections. */
export interface Taken {
  readonly resident: number;
  readonly javascript: number;
}

const { BENCH_DATA = '' } = process.env;
if (!existsSync(BENCH_DATA)) throw new Error('BENCH_DATA has to be a folder');
const gateway = await openGateway(
  readConfig({
    GANTRY_DATA: BENCH_DATA,
    GANTRY_PORT: '0',
    GANTRY_LOG_LEVEL: 'silent',
    GANTRY_SHUTDOWN_SECONDS: '1',
  }),
);
process.on('message', (message) => {
  if (message === 'close') void gateway.close().then(() => process.exit());
  else {
    // What is kept for later use is given back, too.
    for (let time = 0; time < 2; time++)
      void globalThis.gc?.({ type: 'major', flavor: 'last-resort', execution: 'sync' });
    const { rss, heapUsed, external } = process.memoryUsage();
    process.send?.({ resident: rss, javascript: heapUsed + external } satisfies Taken);
  }
});
process.on('disconnect', () => process.exit());
process.send?.(gateway.url);
