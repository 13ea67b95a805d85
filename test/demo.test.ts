// The demonstration: it shows a platform that runs, what it tells to paste works, and it leaves nothing behind however it ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createClient } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from './kit/until.ts';

const MAIN = fileURLToPath(new URL('../dist/demo/main.js', import.meta.url));

let folder: string;
let child: ReturnType<typeof spawn>;
let output: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-demo-test-'));
  output = '';
});
afterEach(() => {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const start = (port: number) => {
  child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, TMPDIR: folder, GANTRY_PORT: String(port) },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
};

/** Processes whose environment or directory leads into the demonstration's folder. */
const leftovers = () =>
  readdirSync('/proc').filter((pid) => {
    try {
      return (
        /^\d+$/.test(pid) &&
        Number(pid) !== child.pid &&
        readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`HOME=${folder}`)
      );
    } catch {
      return false;
    }
  });

const isAllGone = async () => {
  await until('the end of all that was started', () => leftovers().length === 0, 20_000);
  expect(readdirSync(folder)).toEqual([]);
};

describe('the demonstration', () => {
  it('runs what it shows, and takes all of it away at Ctrl-C', async () => {
    start(0);
    const url = await until('the address', () => /GraphQL\s+(http:\/\/\S+)/.exec(output)?.[1], 20_000);
    await until('the things to paste', () => output.includes('mutation Restart'));
    const [query, , mutation] = [...output.matchAll(/^(query|subscription|mutation) [\s\S]*?^}$/gm)].map(
      ([text]) => text,
    );
    const ask = async (document: string | undefined) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: document }),
      });
      return (await response.json()) as {
        data: Record<
          string,
          {
            nodes: { services: { nodes: { processes: { nodes: { status: string }[] } }[] } }[];
            operation: { state: string };
          }
        >;
      };
    };
    const { data } = await ask(query);
    const statuses = data.instances?.nodes.flatMap((instance) =>
      instance.services.nodes.flatMap((service) => service.processes.nodes.map(({ status }) => status)),
    );
    expect(statuses).toEqual(Array(8).fill('RUNNING'));
    const [subscription] = /^subscription [\s\S]*?^}$/m.exec(output) ?? [];
    const client = createClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket });
    const first = await client.iterate({ query: subscription as string }).next();
    expect(first.value?.data).toMatchObject({ processStatus: { previous: null } });
    expect((await ask(mutation)).data.restartService?.operation.state).toBe('SUCCEEDED');
    await client.dispose();
    child.kill('SIGINT');
    await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    await isAllGone();
  }, 60_000);

  it('that is ended while it is being built leaves nothing behind', async () => {
    start(0);
    await until('the first process', () => existsSync(folder) && leftovers().length > 3, 20_000);
    await sleep(100);
    child.kill('SIGINT');
    await once(child, 'exit');
    await isAllGone();
  }, 60_000);

  it('that cannot listen says so in a sentence, and leaves nothing behind', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    start((other.address() as AddressInfo).port);
    await once(child, 'exit');
    other.close();
    expect(child.exitCode).toBe(1);
    expect(output).toMatch(/^Gantry cannot listen on 127\.0\.0\.1 port \d+: another program does\. .*\n$/);
    await isAllGone();
  }, 60_000);
});
