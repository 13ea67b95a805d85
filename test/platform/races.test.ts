// Races: whoever comes first, nothing runs that the platform does not know, and nothing is deleted that was just made.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { type FakeNode, fakeNode } from '../kit/node.ts';
import { until } from '../kit/until.ts';
import { createWorld, type World } from '../kit/world.ts';

let machine: FakeNode;
let gateway: TestGateway;
let world: World;

beforeAll(async () => {
  machine = await fakeNode();
  gateway = await startGateway();
  world = await createWorld(gateway);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await machine.close();
});

const runs = (pid: number) => existsSync(`/proc/${pid}`);

describe('a start against a delete', () => {
  it('leaves a process that is known, or none at all', async () => {
    const node = await world.node(machine);
    // The payload tells by itself that it runs.
    const service = await world.service(['/bin/sh', '-c', 'echo $$ >"pid-$GANTRY_PROCESS_ID"; exec sleep 1000']);
    for (let delay = 0; delay < 24; delay += 2) {
      const id = await world.process(service, node);
      const start = gateway.errors('mutation ($id: ID!) { startProcess(id: $id) { operation { state } } }', { id });
      await sleep(delay);
      const errors = await gateway.errors('mutation ($id: ID!) { deleteProcess(id: $id) { id } }', { id });
      await start;
      const { process } = await gateway.run('query ($id: ID!) { process(id: $id) { status } }', { id });
      expect([delay, process === null]).toEqual([delay, errors.length === 0]);
      const file = join(machine.home, `pid-${id}`);
      if (process === null && existsSync(file)) {
        const pid = Number(readFileSync(file, 'utf8'));
        await until(`the end of ${pid}, deleted after ${delay} ms`, () => !runs(pid));
      }
    }
  }, 60_000);
});

describe('a delete between the last look and the first word to the node', () => {
  it('is seen: nothing is started', async () => {
    const node = await world.node(machine);
    const service = await world.service(['/bin/sh', '-c', 'echo started >"late-$GANTRY_PROCESS_ID"; exec sleep 1000']);
    // Another process keeps the link to the node up.
    await world.change('startProcess', await world.process(service, node));
    const id = await world.process(service, node);
    // The window is a few microseconds wide: it is held open here, where the start is about to be written down.
    const { status } = gateway.platform;
    const record = status.record.bind(status);
    status.record = async (...seen) => {
      if (seen[0]?.processId === id && seen[0].status === 'STARTING') {
        status.record = record;
        await gateway.run('mutation ($id: ID!) { deleteProcess(id: $id) { id } }', { id });
      }
      return record(...seen);
    };
    const operation = await world.change('startProcess', id);
    expect(operation.steps.nodes).toMatchObject([{ state: 'FAILED', reason: 'PROCESS_DELETED' }]);
    expect(existsSync(join(machine.home, `late-${id}`))).toBe(false);
  });
});

describe('a delete of a node against the creation of a process on it', () => {
  it('never takes the process with it unasked', async () => {
    const service = await world.service(['sleep', '1000']);
    for (let round = 0; round < 10; round++) {
      const node = await world.node(machine);
      const [deleted, created] = await Promise.all([
        gateway.errors('mutation ($id: ID!) { deleteNode(id: $id) { id } }', { id: node }),
        gateway.errors('mutation ($input: CreateProcessInput!) { createProcess(input: $input) { process { id } } }', {
          input: { service, node },
        }),
      ]);
      const codes = [deleted, created].map((errors) => errors[0]?.extensions.code);
      expect([
        ['CONFLICT', undefined],
        [undefined, 'NOT_FOUND'],
      ]).toContainEqual(codes);
    }
  });
});
