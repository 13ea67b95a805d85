// A gateway in a process of its own, as `npm start` runs it, that is killed and comes again on the same folder and port.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface KilledGateway extends AsyncDisposable {
  readonly port: number;
  /** Megabytes that it holds now; undefined where the system does not tell. */
  readonly memory: number | undefined;
  start(): Promise<void>;
  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Throws when it is away, or refuses. */
  run<T>(query: string, variables?: object): Promise<T>;
}

export async function killedGateway(folder: string): Promise<KilledGateway> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  const start = async () => {
    const inherited = Object.entries(process.env).filter(([name]) => !/^(GANTRY_|DATABASE_URL$)/.test(name));
    const settings = { GANTRY_DATA: folder, GANTRY_PORT: String(port), GANTRY_LOG_LEVEL: 'error' };
    const mine = spawn(process.execPath, [MAIN], {
      env: { ...Object.fromEntries(inherited), ...settings },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child = mine;
    await until('the gateway is up', async () => {
      if (mine.exitCode !== null) throw new Error('the gateway ended');
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
      await answer?.text();
      return answer?.ok;
    });
  };
  const kill = async () => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child?.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    port,
    start,
    kill,
    get memory() {
      try {
        const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child?.pid}/status`, 'utf8')) ?? [];
        return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
      } catch {
        return undefined;
      }
    },
    run: async (query, variables) => {
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await response.json()) as { data: never; errors?: unknown };
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    },
    [Symbol.asyncDispose]: kill,
  };
}

/**
 * Below those that the system gives to whoever connects: while the gateway is down, one of the many who try to come back could else be
 * given its port, and even be connected with itself.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    const port = await new Promise<number | undefined>((resolve) => {
      server.once('error', () => resolve(undefined));
      server.listen(10_000 + Math.floor(Math.random() * 20_000), '127.0.0.1', () =>
        resolve((server.address() as AddressInfo).port),
      );
    });
    if (port === undefined) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
