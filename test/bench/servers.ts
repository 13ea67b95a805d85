// The servers under test, each in a process of its own on loopback; all of them end with the bench.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PATIENCE_MS = 20_000;

export interface Server {
  readonly url: string;
  /** Megabytes, or undefined where the system does not tell. */
  readonly memory: () => number | undefined;
  readonly stop: () => Promise<void>;
}

/** The gateway as `npm start` runs it. */
export const startGateway = (folder: string): Promise<Server> =>
  start('../../dist/main.js', [], ['--enable-source-maps'], {
    GANTRY_DATA: folder,
    GANTRY_PORT: '0',
    GANTRY_SHUTDOWN_SECONDS: '1',
  });

export const startPeer = (name: string, database: string): Promise<Server> => start(`./${name}.ts`, [database], []);

async function start(
  script: string,
  words: readonly string[],
  options: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const inherited = Object.entries(process.env).filter(([name]) => !/^(GANTRY_|DATABASE_URL$)/.test(name));
  const child = spawn(process.execPath, [...options, path, ...words], {
    env: { ...Object.fromEntries(inherited), ...settings },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const endWithBench = () => child.kill('SIGKILL');
  process.once('exit', endWithBench);
  const stop = async () => {
    await end(child);
    process.off('exit', endWithBench);
  };
  try {
    return { url: await urlOf(child), memory: () => memoryOf(child), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The first address that the process says. */
async function urlOf(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });
  const timer = setTimeout(() => lines.close(), PATIENCE_MS);
  try {
    for await (const line of lines) {
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (url) return `${url}/graphql`;
    }
    throw new Error(`${child.spawnargs.join(' ')} did not come up`);
  } finally {
    clearTimeout(timer);
    child.stdout?.resume();
  }
}

function memoryOf({ pid }: ChildProcess): number | undefined {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await gone;
  clearTimeout(timer);
}
