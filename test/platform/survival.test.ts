// Survival: the gateway is killed and started again, and what runs on nodes neither dies nor is started twice.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Data, startGateway, type TestGateway } from '../kit/gateway.ts';
import { type FakeNode, fakeNode } from '../kit/node.ts';
import { type Outside, outsideGateway } from '../kit/outside.ts';
import { until } from '../kit/until.ts';
import { createWorld } from '../kit/world.ts';

// The gateway as `npm start` runs it; `npm test` builds it first.
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

let machine: FakeNode;
let folder: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  machine = await fakeNode();
  folder = mkdtempSync(join(tmpdir(), 'gantry-survival-'));
});

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await machine.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A gateway on the folder of these tests. */
async function spawnGateway(settings: Record<string, string> = {}): Promise<Outside> {
  const gateway = await outsideGateway(folder, settings);
  children.push(gateway.child);
  return gateway;
}

const PROCESSES = '{ processes { nodes { id status pid startedAt desired } } }';

describe('a gateway that is killed', () => {
  it('with kill -9 while processes run shows them running when it is started again, with the same pids', async () => {
    const first = await spawnGateway();
    const world = await createWorld(first as never as TestGateway);
    const node = await world.node(machine);
    const service = await world.service(['/bin/sh', '-c', 'echo started >>starts; exec sleep 1000']);
    for (let count = 0; count < 3; count++) await world.process(service, node);
    await world.change('startService', service);
    const before = (await first.run(PROCESSES)).processes.nodes;
    await first.kill('SIGKILL');

    const second = await spawnGateway();
    const after = await until('all to be seen again', async () => {
      const { nodes } = (await second.run(PROCESSES)).processes;
      return nodes.every((each: { status: string }) => each.status === 'RUNNING') && nodes;
    });
    const facts = (rows: Data[]) => rows.map(({ id, status, pid, desired }) => ({ id, status, pid, desired }));
    expect(facts(after)).toEqual(facts(before));
    expect(readFileSync(join(machine.home, 'starts'), 'utf8').split('\n').filter(Boolean)).toHaveLength(3);
    await second.kill('SIGTERM');
  }, 60_000);

  it('in the middle of an operation carries it out when it is started again, and starts nothing twice', async () => {
    const first = await spawnGateway();
    const world = await createWorld(first as never as TestGateway);
    const node = await world.node(machine);
    // The payload reports for itself if a second one of it runs.
    const service = await world.service([
      '/bin/sh',
      '-c',
      'exec 7>lock-$GANTRY_PROCESS_ID; flock -n 7 || echo double >>double; exec sleep 1000',
    ]);
    const ids: string[] = [];
    for (let count = 0; count < 10; count++) ids.push(await world.process(service, node));
    const operation = await world.change('startService', service, 'PT0S');
    await first.kill('SIGKILL');

    const second = await spawnGateway();
    const done = await until('the end of the operation', async () => {
      const { operation: now } = await second.run(
        'query ($id: ID!) { operation(id: $id) { state finishedAt steps { nodes { state message } } } }',
        { id: operation.id },
      );
      return now.finishedAt ? now : undefined;
    });
    expect(done.state).toBe('SUCCEEDED');
    const { processes } = await second.run(
      'query ($ids: [ID!]) { processes(filter: { id: $ids }) { nodes { status } } }',
      { ids },
    );
    expect(processes.nodes.map((each: { status: string }) => each.status)).toEqual(ids.map(() => 'RUNNING'));
    expect(() => readFileSync(join(machine.home, 'double'))).toThrow('ENOENT');
    await second.kill('SIGTERM');
  }, 60_000);
});

describe('a gateway that is told to close', () => {
  it('answers the request under way, tells its sockets, ends with 0, and leaves processes alone', async () => {
    const gateway = await startGateway({}, folder);
    const pids = await until('the processes', async () => {
      const { nodes } = (await gateway.run(PROCESSES)).processes;
      const running = nodes.filter(({ status }: { status: string }) => status === 'RUNNING');
      return running.length === nodes.length && running.map(({ pid }: { pid: number }) => pid);
    });
    await gateway.stop();

    const outside = await spawnGateway();
    const world = await createWorld(outside as never as TestGateway);
    // Told to stop, it waits for a file.
    const slow = await world.service([
      '/bin/sh',
      '-c',
      "trap 'until [ -e stop-now ]; do sleep 0.1; done; exit' TERM; while :; do sleep 0.1; done",
    ]);
    const late = await world.process(slow, await world.node(machine));
    await world.change('startProcess', late, 'PT1M');
    const socket = new WebSocket(`${outside.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    const closed = once(socket, 'close');
    const answer = world.change('stopProcess', late, 'PT1M');
    // The request has come when its operation is there, and is not answered before the end of that.
    const id = await until('the operation of the request', async () => {
      const { operations } = await outside.run('{ operations(first: 100) { nodes { id kind finishedAt } } }');
      return operations.nodes.find((each: Data) => each.kind.startsWith('STOP') && !each.finishedAt)?.id;
    });
    outside.child.kill('SIGTERM');
    await until('the closing', () =>
      fetch(`${outside.url}/healthz`).then(
        ({ ok }) => !ok,
        () => true,
      ),
    );
    writeFileSync(join(machine.home, 'stop-now'), '');
    expect((await answer).id).toBe(id);
    const [event] = (await closed) as [CloseEvent];
    expect(event.code).toBe(1001);
    if (outside.child.exitCode === null) await once(outside.child, 'exit');
    expect(outside.child.exitCode).toBe(0);
    await expect(fetch(`${outside.url}/healthz`)).rejects.toThrow();
    for (const pid of pids) expect(() => process.kill(pid, 0)).not.toThrow();
  }, 60_000);
});

describe('a gateway that cannot start', () => {
  it('says so when its key file is gone, and makes no new one', async () => {
    const gateway = await startGateway();
    const keys = join(gateway.folder, 'keys');
    await gateway.stop();
    rmSync(keys);
    await expect(startGateway({}, gateway.folder)).rejects.toThrow(/key file .* is missing/);
    expect(() => readFileSync(keys)).toThrow('ENOENT');
    await gateway[Symbol.asyncDispose]();
  });

  it.each([
    [
      'all the settings that are wrong, at once',
      { GANTRY_PORT: 'x', GANTRY_LOG_LEVEL: 'loud', GANTRY_PROT: '1' },
      /GANTRY_PORT.*\n.*GANTRY_LOG_LEVEL.*\n.*GANTRY_PROT/,
    ],
    ['a catalogue that is not there', { GANTRY_SERVICE_TYPES: '/no/such/file' }, /catalogue.*\/no\/such\/file/],
    ['an address that is not its own', { GANTRY_HOST: '192.0.2.1' }, /192\.0\.2\.1/],
  ])('names %s', async (_what, settings, message) => {
    const child = spawn(process.execPath, [MAIN], {
      env: { PATH: process.env.PATH, GANTRY_DATA: folder, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    let text = '';
    child.stderr.on('data', (chunk) => (text += chunk));
    await once(child, 'exit');
    expect(child.exitCode).toBe(1);
    expect(text).toMatch(message);
  });
});
