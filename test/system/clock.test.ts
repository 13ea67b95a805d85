// Clocks that are wrong, and that jump: on a node by years, under the gateway by days. Nothing is lost or restarted for it.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { cleanUp, fleet, node } from '../kit/fleet.ts';
import type { Data, TestGateway } from '../kit/gateway.ts';
import { fakeNode } from '../kit/node.ts';
import { until } from '../kit/until.ts';
import { createWorld } from '../kit/world.ts';
import { can } from './needs.ts';

cleanUp();

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const timeout = { timeoutMs: 30_000 };

/** The library that lies about the time, wherever this machine's kind of processor has it. */
const library = () =>
  ['', ...readdirSync('/usr/lib')]
    .map((folder) => join('/usr/lib', folder, 'faketime/libfaketimeMT.so.1'))
    .find((file) => existsSync(file));

/** An environment whose clock is off by what `set` says, as in `+5y`. Time itself goes on as it does. */
function falseClock(folder: string, off: string) {
  const file = join(folder, 'clock');
  const set = (now: string) => writeFileSync(file, `${now}\n`);
  set(off);
  const env = {
    LD_PRELOAD: library() ?? '',
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
    FAKETIME_DONT_RESET: '1',
  };
  return { env, set };
}

describe.skipIf(!can('clocks that jump', ['faketime']))('with a clock that jumps', () => {
  it('a node keeps its processes, its pace and its link, and times are told by the clock of the gateway', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-clock-'));
    const clock = falseClock(folder, '-12y');
    const made = await node({ env: clock.env });
    const t = fleet({ connectTimeoutMs: 30_000, heartbeatTimeoutMs: 30_000 });
    const { nodeId } = await t.reach(made.target());
    const began = Date.now();
    const sleeper = { command: ['sleep', '1000'], env: {}, restart: 'NEVER' } as const;
    const { pid } = await t.fleet.start(nodeId, 'still', sleeper, timeout);
    const pace = {
      initialDelayMs: 200,
      factor: 1,
      maxDelayMs: 200,
      jitter: 0,
      resetAfterMs: 60_000,
      limit: 0,
      windowMs: 0,
    };
    await t.fleet.start(nodeId, 'again', { command: ['sleep', '0.2'], env: {}, restart: 'ALWAYS', pace }, timeout);
    const restarts = () => t.heard.latest(nodeId, 'again')?.restarts ?? 0;
    for (const jump of ['+30y', '-1d', '+1h']) {
      const before = restarts();
      clock.set(jump);
      await until(`it is restarted at its pace at ${jump}`, () => restarts() >= before + 2);
    }
    const found = (await t.fleet.refresh(nodeId, timeout)).find(({ processId }) => processId === 'still');
    expect(found).toMatchObject({ state: 'RUNNING', pid });
    // By a clock that is right: an hour is more than any machine pauses, and less than any of the jumps.
    expect(Math.abs((found?.startedAt?.getTime() ?? 0) - began)).toBeLessThan(3_500_000);
    expect(t.heard.connections.filter(({ state }) => state !== 'CONNECTING' && state !== 'CONNECTED')).toEqual([]);
    expect(await t.fleet.stop(nodeId, 'still', { graceMs: 5_000, ...timeout })).toMatchObject({ signal: 'SIGTERM' });
    rmSync(folder, { recursive: true, force: true });
  });

  it('a gateway goes on as before: starts and stops come about, and its links stay', async () => {
    await using machine = await fakeNode();
    const folder = mkdtempSync(join(tmpdir(), 'gantry-clock-'));
    const clock = falseClock(folder, '+0');
    const gateway = await openGateway(join(folder, 'data'), clock.env);
    try {
      const world = await createWorld({ run: gateway.run } as TestGateway);
      const machineId = await world.node(machine);
      const service = await world.service(['sleep', '1000'], { restartPolicy: 'NEVER' });
      const process_ = await world.process(service, machineId);
      expect(await world.change('startProcess', process_, 'PT60S')).toMatchObject({ state: 'SUCCEEDED' });
      const since = async () =>
        (await gateway.run('query ($id: ID!) { node(id: $id) { connection { state since } } }', { id: machineId })).node
          .connection;
      const link = await since();
      expect(link.state).toBe('CONNECTED');
      for (const jump of ['+3d', '-3d', '+40y', '+0']) {
        clock.set(jump);
        expect(await world.change('stopProcess', process_, 'PT60S')).toMatchObject({ state: 'SUCCEEDED' });
        expect(await world.change('startProcess', process_, 'PT60S')).toMatchObject({ state: 'SUCCEEDED' });
        expect(await world.look(process_)).toMatchObject({ status: 'RUNNING' });
        expect(await since()).toEqual(link);
      }
      expect(await world.change('stopProcess', process_, 'PT60S')).toMatchObject({ state: 'SUCCEEDED' });
    } finally {
      await gateway.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

async function openGateway(data: string, clock: Record<string, string>) {
  const env = { PATH: process.env.PATH, ...clock, GANTRY_DATA: data, GANTRY_PORT: '0' };
  const child = spawn(process.execPath, ['--no-warnings', MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk));
  const url = await until('the gateway is up', () => {
    if (child.exitCode !== null) throw new Error(`it ended: ${said.slice(-2_000)}`);
    return /http:\/\/\S+\/graphql/.exec(said)?.[0];
  });
  const run = async (query: string, variables?: object) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
    const { data: answer, errors } = (await response.json()) as Data;
    if (errors) throw new Error(JSON.stringify(errors));
    return answer;
  };
  return { run, close: () => ended(child) };
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
