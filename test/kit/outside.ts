// A gateway in a process of its own, as `npm start` runs it: one that can be killed. `npm test` builds it first.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Data } from './gateway.ts';
import { until } from './until.ts';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface Outside {
  readonly url: string;
  readonly child: ChildProcess;
  /** Sends a document over HTTP; throws if the answer has errors. */
  run(query: string, variables?: object): Promise<Data>;
  /** Resolves when the process has ended. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Its store is in `folder`. */
export async function outsideGateway(folder: string, settings: Record<string, string> = {}): Promise<Outside> {
  const env = { PATH: process.env.PATH, GANTRY_DATA: folder, GANTRY_PORT: '0', ...settings };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  const url = await until('the address', () => /GraphQL\s+(http:\/\/[^/]+)/.exec(text)?.[1]);
  const run = async (query: string, variables?: object) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as Data;
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  };
  const kill = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  return { url, child, run, kill };
}
