// Rolling restarts outlive the gateway: killed in the middle of one, it goes on where it was, and takes no more down than allowed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TestGateway } from '../kit/gateway.ts';
import { type FakeNode, fakeNode } from '../kit/node.ts';
import { type Outside, outsideGateway } from '../kit/outside.ts';
import { readOperation, roll, rolled, siblingTypes, startSiblings, states } from '../kit/rolling.ts';
import type { Siblings } from '../kit/siblings.ts';
import { until } from '../kit/until.ts';
import { createWorld } from '../kit/world.ts';

vi.setConfig({ testTimeout: 240_000 });

let machine: FakeNode;
let folder: string;
let all: Siblings;
let settings: Record<string, string>;
let gateways: Outside[];

beforeEach(async () => {
  machine = await fakeNode();
  folder = mkdtempSync(join(tmpdir(), 'gantry-rolling-'));
  ({ all, settings } = siblingTypes(folder));
  gateways = [];
});

afterEach(async () => {
  for (const gateway of gateways) await gateway.kill('SIGKILL');
  await machine.close();
  rmSync(folder, { recursive: true, force: true });
});

const open = async () => {
  const gateway = await outsideGateway(join(folder, 'data'), settings);
  gateways.push(gateway);
  return gateway;
};

const begin = async (count: number) => {
  const gateway = await open();
  const world = await createWorld(gateway as never as TestGateway);
  const nodes = [await world.node(machine)];
  const { service, processes } = await startSiblings({ gateway, world, nodes, all }, count);
  return { gateway, world, service, processes, at: (index: number) => processes[index] as string };
};

describe('a rolling restart whose gateway is killed', () => {
  it('while a process goes down ends that restart, then does the others, each once', async () => {
    const { gateway, service, processes, at } = await begin(5);
    all.hold(at(1));
    // Without patience: what nobody has looked at yet since the start of the gateway is no reason to fail.
    const { operation } = await roll(gateway, service, { maxDown: 1, patience: 'PT0S' });
    await until('the second to go down', () => all.wentDown(at(1)));
    await gateway.kill('SIGKILL');
    all.letGo(at(1));

    const done = await rolled(await open(), operation.id);
    expect([done.state, ...states(done)]).toEqual(['SUCCEEDED', ...processes.map(() => 'SUCCEEDED')]);
    expect(all.starts(...processes)).toEqual(processes.map(() => 2));
    expect(all.othersUp()).toEqual(processes.map(() => 4));
  });

  it('keeps to what is allowed also after it, with another rolling restart under way', async () => {
    const { gateway, world, service, processes, at } = await begin(4);
    all.hold(at(0));
    const one = await roll(gateway, service, { maxDown: 1 });
    await until('the first to go down', () => all.wentDown(at(0)));
    const other = await roll(gateway, service, { batchSize: 4, maxDown: 1 });
    process.kill((await world.look(at(3))).pid as number, 'SIGKILL');
    await until('the crash', async () => (await world.look(at(3))).status === 'EXITED');
    await gateway.kill('SIGKILL');
    all.letGo(at(0));

    const again = await open();
    for (const { operation } of [one, other]) {
      const done = await rolled(again, operation.id);
      expect([done.state, ...states(done)]).toEqual(['SUCCEEDED', ...processes.map(() => 'SUCCEEDED')]);
    }
    // Twice each, but for the one that was down already when its first turn came.
    expect(all.othersUp()).toEqual(Array(7).fill(3));
    expect(all.starts(...processes)).toEqual([3, 3, 3, 3]);
  });

  it('in its pause keeps what is left of it, and can be cancelled', async () => {
    const { gateway, service, processes } = await begin(2);
    const { operation } = await roll(gateway, service, { pause: 'PT1H' });
    await until('the first batch', async () => states(await readOperation(gateway, operation.id))[0] === 'SUCCEEDED');
    await gateway.kill('SIGKILL');

    const again = await open();
    expect(states(await readOperation(again, operation.id))).toEqual(['SUCCEEDED', 'QUEUED']);
    await again.run('mutation ($id: ID!) { cancelOperation(id: $id) { operation { id } } }', { id: operation.id });
    expect((await rolled(again, operation.id)).state).toBe('CANCELLED');
    expect(all.starts(...processes)).toEqual([2, 1]);
  });
});
