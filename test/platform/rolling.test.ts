// Rolling restarts: batch after batch, with no more down than was said. The processes themselves count who of them is up.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Data } from '../kit/gateway.ts';
import { KEEPER } from '../kit/node.ts';
import { type Field, openField, readOperation, roll, rollAll, rolled, startSiblings, states } from '../kit/rolling.ts';
import { until } from '../kit/until.ts';

// Each restart settles for a second, and a loaded machine takes its time.
vi.setConfig({ testTimeout: 240_000 });

// A field for each test: what one of them breaks is broken for no other.
let field: Field;
afterEach(() => field.close());

const open = async (count: number, machines = 1) => {
  field = await openField(machines);
  const { service, processes } = await startSiblings(field, count);
  const byPlace = (index: number) => processes[index] as string;
  return { ...field, service, processes, at: byPlace };
};
const batchesOf = (operation: Data) => operation.steps.nodes.map(({ batch }: Data) => batch);
const stepOf = (operation: Data, process: string) =>
  operation.steps.nodes.find(({ processId }: Data) => processId === process);
const change = (mutation: string, id: string, wait = 'PT1M') => field.world.change(mutation, id, wait);
const least = (counts: readonly number[]) => Math.min(...counts);

describe('a rolling restart', () => {
  it('restarts each process once, batch after batch, with no more down than a batch has', async () => {
    const { gateway, service, processes, all } = await open(5);
    const { operation, count, batches } = await roll(gateway, service, { batchSize: 2 });
    expect(count).toBe(5);
    expect(batches.map(({ number, steps }: Data) => [number, steps.map((step: Data) => step.process.id)])).toEqual([
      [1, processes.slice(0, 2)],
      [2, processes.slice(2, 4)],
      [3, processes.slice(4)],
    ]);
    const done = await rolled(gateway, operation.id);
    expect(done).toMatchObject({
      kind: 'ROLLING_RESTART',
      state: 'SUCCEEDED',
      batchSize: 2,
      batchPercent: null,
      pause: 'PT0S',
      maxDown: 2,
      patience: 'PT5M',
      onFailure: 'HALT',
    });
    expect(batchesOf(done)).toEqual([1, 1, 2, 2, 3]);
    expect(all.starts(...processes)).toEqual([2, 2, 2, 2, 2]);
    expect(all.othersUp()).toHaveLength(5);
    expect(least(all.othersUp())).toBeGreaterThanOrEqual(3);
    for (const batch of [2, 3]) {
      const steps = done.steps.nodes as Data[];
      const ends = steps.filter((step) => step.batch === batch - 1).map((step) => step.finishedAt);
      for (const step of steps.filter((each) => each.batch === batch))
        for (const end of ends) expect(step.startedAt >= end).toBe(true);
    }
  });

  it('by per cent pauses between its batches', async () => {
    const { gateway, service } = await open(4);
    const { operation } = await roll(gateway, service, { batchPercent: 50, pause: 'PT1.5S' });
    const done = await rolled(gateway, operation.id);
    expect(done).toMatchObject({ state: 'SUCCEEDED', batchSize: 2, batchPercent: 50, pause: 'PT1.5S' });
    expect(batchesOf(done)).toEqual([1, 1, 2, 2]);
    const [one, two, three, four] = done.steps.nodes;
    const end = Math.max(Date.parse(one.finishedAt), Date.parse(two.finishedAt));
    const begin = Math.min(Date.parse(three.startedAt), Date.parse(four.startedAt));
    // Timers and the clock may differ by a little.
    expect(begin - end).toBeGreaterThan(1_400);
  });

  it('takes no more down than allowed, however large its batches are', async () => {
    const { gateway, service, all } = await open(4);
    const { operation } = await roll(gateway, service, { batchSize: 4, maxDown: 1 });
    expect(await rolled(gateway, operation.id)).toMatchObject({ state: 'SUCCEEDED' });
    expect(all.othersUp()).toEqual([3, 3, 3, 3]);
  });

  it('leaves alone what was stopped before it was asked for, and what is stopped or deleted before its turn', async () => {
    const { gateway, service, processes, all, at, world } = await open(5);
    await change('stopProcess', at(4));
    all.hold(at(0));
    const { operation, count } = await roll(gateway, service, {});
    expect(count).toBe(4);
    await until('the first to go down', () => all.wentDown(at(0)));
    expect((await change('stopProcess', at(1))).state).toBe('SUCCEEDED');
    await gateway.run('mutation ($id: ID!) { deleteProcess(id: $id) { id } }', { id: at(2) });
    all.letGo(at(0));
    const done = await rolled(gateway, operation.id);
    expect(done.state).toBe('SUCCEEDED');
    expect(states(done)).toEqual(['SUCCEEDED', 'SKIPPED SUPERSEDED', 'SKIPPED PROCESS_DELETED', 'SUCCEEDED']);
    expect(all.starts(...processes)).toEqual([2, 1, 1, 2, 1]);
    for (const index of [1, 4])
      expect(await world.look(at(index))).toMatchObject({ status: 'STOPPED', desired: 'STOPPED' });
  });

  it('begins with what is down already', async () => {
    const { gateway, service, processes, all, at, world } = await open(3);
    process.kill((await world.look(at(2))).pid as number, 'SIGKILL');
    await until('its end', async () => (await world.look(at(2))).status === 'EXITED');
    const { operation, batches } = await roll(gateway, service, {});
    expect(batches.map(({ steps }: Data) => steps[0].processId)).toEqual([at(2), at(0), at(1)]);
    expect((await rolled(gateway, operation.id)).state).toBe('SUCCEEDED');
    expect(all.othersUp()).toEqual([2, 2]);
    expect(all.starts(...processes)).toEqual([2, 2, 2]);
  });

  it('of an instance goes over all its services, and does not stop what it could not start again', async () => {
    const { gateway, world, nodes, at, all, machines } = await open(1);
    const other = await startSiblings({ ...field, nodes: [await world.node(machines[0] as never)] }, 1);
    const node = (await gateway.run('query ($id: ID!) { process(id: $id) { node { id } } }', { id: at(0) })).process
      .node.id;
    expect(node).toBe(nodes[0]);
    await gateway.run('mutation ($id: ID!) { updateNode(id: $id, input: { status: false }) { node { id } } }', {
      id: node,
    });
    const { operation } = await rollAll(gateway, world.instance, { onFailure: 'CONTINUE', maxDown: 1 });
    const done = await rolled(gateway, operation.id);
    expect(done.state).toBe('PARTIALLY_FAILED');
    expect(states(done)).toEqual(['FAILED NODE_CLOSED', 'SUCCEEDED']);
    expect(all.starts(at(0), ...other.processes)).toEqual([1, 2]);
    expect((await world.look(at(0))).status).toBe('RUNNING');
  });
});

describe('after a step that failed a rolling restart', () => {
  it('goes no further, and says why', async () => {
    const { gateway, service, processes, all, at } = await open(4);
    all.takeAway(at(1));
    const { operation } = await roll(gateway, service, {});
    const done = await rolled(gateway, operation.id);
    expect(done.state).toBe('PARTIALLY_FAILED');
    expect(states(done)).toEqual(['SUCCEEDED', 'FAILED COMMAND_NOT_FOUND', 'SKIPPED HALTED', 'SKIPPED HALTED']);
    expect(stepOf(done, at(3)).message).toContain(at(1));
    expect(all.starts(...processes)).toEqual([2, 1, 1, 1]);
  });

  it('has failed if it was the first', async () => {
    const { gateway, service, all, at } = await open(2);
    all.takeAway(at(0));
    const { operation } = await roll(gateway, service, {});
    const done = await rolled(gateway, operation.id);
    expect([done.state, ...states(done)]).toEqual(['FAILED', 'FAILED COMMAND_NOT_FOUND', 'SKIPPED HALTED']);
  });

  it('tries all others if it was told to go on', async () => {
    const { gateway, service, processes, all, at } = await open(4);
    all.takeAway(at(1));
    const { operation } = await roll(gateway, service, { onFailure: 'CONTINUE', maxDown: 2 });
    const done = await rolled(gateway, operation.id);
    expect(done.state).toBe('PARTIALLY_FAILED');
    expect(states(done)).toEqual(['SUCCEEDED', 'FAILED COMMAND_NOT_FOUND', 'SUCCEEDED', 'SUCCEEDED']);
    expect(all.starts(...processes)).toEqual([2, 1, 2, 2]);
    expect(all.othersUp()).toEqual([3, 3, 2, 2]);
  });

  it('that was told to go on takes all the same no more down than allowed', async () => {
    const { gateway, service, processes, all, at } = await open(3);
    all.takeAway(at(0));
    const { operation } = await roll(gateway, service, { onFailure: 'CONTINUE', patience: 'PT0S' });
    const done = await rolled(gateway, operation.id);
    expect([done.state, ...states(done)]).toEqual([
      'FAILED',
      'FAILED COMMAND_NOT_FOUND',
      'FAILED TOO_MANY_DOWN',
      'FAILED TOO_MANY_DOWN',
    ]);
    expect(all.starts(...processes)).toEqual([1, 1, 1]);
  });
});

describe('while others are down a rolling restart', () => {
  it('waits, and goes on when they are up again', async () => {
    const { gateway, service, processes, all, at, world } = await open(3);
    all.hold(at(0));
    const { operation } = await roll(gateway, service, {});
    await until('the first to go down', () => all.wentDown(at(0)));
    process.kill((await world.look(at(2))).pid as number, 'SIGKILL');
    await until('the crash', async () => (await world.look(at(2))).status === 'EXITED');
    all.letGo(at(0));
    await until('the first batch', async () => states(await readOperation(gateway, operation.id))[0] === 'SUCCEEDED');
    expect((await change('startProcess', at(2))).state).toBe('SUCCEEDED');
    const done = await rolled(gateway, operation.id);
    expect(states(done)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
    expect(all.starts(...processes)).toEqual([2, 2, 3]);
    // The crash was not of its making; after it, all others had to be up.
    expect(all.othersUp()).toEqual([2, 2, 2]);
  });

  it('takes nothing down if its patience ends before', async () => {
    const { gateway, service, processes, all, at, world } = await open(4);
    all.hold(at(0));
    const { operation } = await roll(gateway, service, { patience: 'PT0S' });
    await until('the first to go down', () => all.wentDown(at(0)));
    process.kill((await world.look(at(3))).pid as number, 'SIGKILL');
    await until('the crash', async () => (await world.look(at(3))).status === 'EXITED');
    all.letGo(at(0));
    const done = await rolled(gateway, operation.id);
    expect(states(done)).toEqual(['SUCCEEDED', 'FAILED TOO_MANY_DOWN', 'SKIPPED HALTED', 'SKIPPED HALTED']);
    expect(all.starts(...processes)).toEqual([2, 1, 1, 1]);
  });

  it('halts if something that it restarted itself did not stay up', async () => {
    const { gateway, service, processes, all, at, world } = await open(3);
    all.hold(at(1));
    const { operation } = await roll(gateway, service, { maxDown: 3, patience: 'PT0S' });
    await until('the second to go down', () => all.wentDown(at(1)));
    process.kill((await world.look(at(0))).pid as number, 'SIGKILL');
    await until('the crash', async () => (await world.look(at(0))).status === 'EXITED');
    all.letGo(at(1));
    const done = await rolled(gateway, operation.id);
    expect([done.state, ...states(done)]).toEqual(['PARTIALLY_FAILED', 'SUCCEEDED', 'SUCCEEDED', 'SKIPPED HALTED']);
    expect(stepOf(done, at(2)).message).toContain('stayed up');
    expect(all.starts(...processes)).toEqual([2, 2, 1]);
  });

  it('does not wait for a node that cannot be reached longer than its patience', async () => {
    const { gateway, service, processes, all, at, machines, world } = await open(4, 2);
    all.hold(at(0));
    const { operation } = await roll(gateway, service, { patience: 'PT0S' });
    await until('the first to go down', () => all.wentDown(at(0)));
    await machines[1]?.server.close();
    for (const index of [1, 3])
      await until('it to be out of sight', async () => (await world.look(at(index))).status === 'UNKNOWN');
    all.letGo(at(0));
    const done = await rolled(gateway, operation.id);
    expect(done.state).toBe('PARTIALLY_FAILED');
    expect(states(done)).toEqual(['SUCCEEDED', 'FAILED TOO_MANY_DOWN', 'SKIPPED HALTED', 'SKIPPED HALTED']);
    expect(all.starts(...processes)).toEqual([2, 1, 1, 1]);
  });

  it('says of each process on a node that cannot be reached why it was not restarted, and goes on elsewhere', async () => {
    const { gateway, service, processes, all, at, machines, world } = await open(4, 2);
    all.hold(at(0));
    const { operation } = await roll(gateway, service, { onFailure: 'CONTINUE', maxDown: 3 });
    await until('the first to go down', () => all.wentDown(at(0)));
    await machines[1]?.server.close();
    for (const index of [1, 3])
      await until('it to be out of sight', async () => (await world.look(at(index))).status === 'UNKNOWN');
    all.letGo(at(0));
    const done = await rolled(gateway, operation.id);
    expect(done.state).toBe('PARTIALLY_FAILED');
    expect(done.steps.nodes.map(({ state }: Data) => state)).toEqual(['SUCCEEDED', 'FAILED', 'SUCCEEDED', 'FAILED']);
    for (const index of [1, 3])
      expect(stepOf(done, at(index)).reason).toMatch(/REFUSED|RESET|LOST|UNREACHABLE|TIMEOUT/);
    expect(all.starts(...processes)).toEqual([2, 1, 2, 1]);
  });
});

describe('where health is looked at a rolling restart', () => {
  const openChecked = async (count: number, more: object = {}) => {
    field = await openField();
    const { service, processes } = await startSiblings(field, count, {
      healthCheck: { ...field.all.healthCheck, ...more },
    });
    return { ...field, service, processes, at: (index: number) => processes[index] as string };
  };

  it('goes on when what it restarted is healthy, and not when it merely runs', async () => {
    const { gateway, service, processes, all, at, world } = await openChecked(3);
    all.delay(at(0));
    const { operation } = await roll(gateway, service, {});
    await until('the first to run again', async () => {
      const { status } = await world.look(at(0));
      return all.starts(at(0))[0] === 2 && status === 'RUNNING';
    });
    expect(states(await readOperation(gateway, operation.id))).toEqual(['RUNNING', 'QUEUED', 'QUEUED']);
    all.getUp(at(0));
    const done = await rolled(gateway, operation.id);
    expect([done.state, ...states(done)]).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
    expect(all.othersUp()).toEqual([2, 2, 2]);
    expect(all.starts(...processes)).toEqual([2, 2, 2]);
  });

  it('halts if what it restarted does not become healthy', async () => {
    const { gateway, service, processes, all, at, world } = await openChecked(2, { unhealthyThreshold: 8 });
    all.delay(at(0));
    const { operation } = await roll(gateway, service, {});
    const done = await rolled(gateway, operation.id);
    expect([done.state, ...states(done)]).toEqual(['FAILED', 'FAILED NOT_HEALTHY', 'SKIPPED HALTED']);
    expect((await world.look(at(0))).status).toBe('RUNNING');
    expect(all.starts(...processes)).toEqual([2, 1]);
  });
});

describe('two rolling restarts at once over the same processes', () => {
  it('together take no more down than each of them allows', async () => {
    const { gateway, service, processes, all, world } = await open(4);
    const one = await roll(gateway, service, { batchSize: 2, maxDown: 1 });
    const other = await rollAll(gateway, world.instance, { batchSize: 4, maxDown: 1 });
    for (const { operation } of [one, other]) expect((await rolled(gateway, operation.id)).state).toBe('SUCCEEDED');
    expect(all.starts(...processes)).toEqual([3, 3, 3, 3]);
    expect(all.othersUp()).toEqual(Array(8).fill(3));
  });
});

describe('what waits for its turn in a rolling restart', () => {
  it('is put right by the supervisor all the same', async () => {
    const { gateway, service, processes, all, at, machines } = await open(2);
    const { operation } = await roll(gateway, service, { pause: 'PT1H' });
    await until('the first batch', async () => states(await readOperation(gateway, operation.id))[0] === 'SUCCEEDED');
    const env = { ...process.env, GANTRY_KEEPER_DIR: machines[0]?.folder };
    await promisify(execFile)('/bin/sh', [KEEPER, 'stop', at(1), 'TERM', '20000'], { env });
    await until('it to be started again', () => all.starts(at(1))[0] === 2);
    expect(states(await readOperation(gateway, operation.id))).toEqual(['SUCCEEDED', 'QUEUED']);
    expect(all.starts(...processes)).toEqual([2, 2]);
  });
});

describe('a rolling restart that is cancelled', () => {
  const cancel = (id: string) =>
    field.gateway.run('mutation ($id: ID!) { cancelOperation(id: $id) { operation { id } } }', { id });

  it('ends what it has begun, and begins nothing more', async () => {
    const { gateway, service, processes, all, at } = await open(3);
    all.hold(at(0));
    const { operation } = await roll(gateway, service, {});
    await until('the first to go down', () => all.wentDown(at(0)));
    await cancel(operation.id);
    all.letGo(at(0));
    const done = await rolled(gateway, operation.id);
    expect([done.state, ...states(done)]).toEqual([
      'CANCELLED',
      'SUCCEEDED',
      'CANCELLED CANCELLED',
      'CANCELLED CANCELLED',
    ]);
    expect(all.starts(...processes)).toEqual([2, 1, 1]);
  });

  it('in its pause does not wait for the end of it', async () => {
    const { gateway, service, all, processes } = await open(2);
    const { operation } = await roll(gateway, service, { pause: 'PT1H' });
    await until('the first batch', async () => states(await readOperation(gateway, operation.id))[0] === 'SUCCEEDED');
    await cancel(operation.id);
    expect((await rolled(gateway, operation.id)).state).toBe('CANCELLED');
    expect(all.starts(...processes)).toEqual([2, 1]);
    // Nothing of it is left to hold up the next.
    const next = await roll(gateway, service, {});
    expect((await rolled(gateway, next.operation.id)).state).toBe('SUCCEEDED');
  });
});

describe('a request for a rolling restart', () => {
  const everything = `{
    processes { nodes { id status revision desired desiredActor observedAt changedAt startedAt } }
    services { nodes { id version updatedAt } } instances { nodes { id version updatedAt } } operations { totalCount }
  }`;

  it('that is a dry run tells the batches, and touches nothing', async () => {
    const { gateway, service, processes, all, world } = await open(3);
    const before = await gateway.run(everything);
    const told = await roll(gateway, service, { batchSize: 2, dryRun: true, expectCount: 3 });
    expect(told).toMatchObject({ operation: null, count: 3 });
    expect(told.batches.map(({ steps }: Data) => steps.map((step: Data) => step.processId))).toEqual([
      processes.slice(0, 2),
      processes.slice(2),
    ]);
    expect(await rollAll(gateway, world.instance, { batchSize: 2, dryRun: true })).toEqual(told);
    expect(await gateway.run(everything)).toEqual(before);
    expect(all.starts(...processes)).toEqual([1, 1, 1]);
    const done = await roll(gateway, service, { batchSize: 2, expectCount: 3 });
    expect(done.batches).toEqual(told.batches);
    expect((await rolled(gateway, done.operation.id)).state).toBe('SUCCEEDED');
  });

  it('for another number of processes than there are is refused with the number, and does nothing', async () => {
    const { gateway, service, processes, all } = await open(2);
    for (const dryRun of [true, false]) {
      const [error] = await gateway.errors(
        'mutation ($id: ID!, $input: RollingRestartInput) { rollingRestartService(id: $id, input: $input) { count } }',
        { id: service, input: { expectCount: 3, dryRun } },
      );
      expect(error?.extensions).toMatchObject({ code: 'CONFLICT', field: 'input.expectCount' });
      expect(error?.message).toContain('of 2 processes');
    }
    expect(
      (await gateway.run('{ operations(filter: { kind: ROLLING_RESTART }) { totalCount } }')).operations.totalCount,
    ).toBe(0);
    expect(all.starts(...processes)).toEqual([1, 1]);
  });

  it('for nothing at all has succeeded', async () => {
    const { gateway, service } = await open(0);
    const { operation, count, batches } = await roll(gateway, service, { expectCount: 0 }, 'PT1M');
    expect([operation.state, count, batches]).toEqual(['SUCCEEDED', 0, []]);
  });

  it.each([
    ['rollingRestartService(id: "SV99")', 'NOT_FOUND', 'id'],
    ['rollingRestartAllServices(instance: "IN99")', 'NOT_FOUND', 'instance'],
    ['rollingRestartService(id: "SV99", input: { batchSize: 0 })', 'BAD_USER_INPUT', 'input.batchSize'],
    ['rollingRestartService(id: "SV99", wait: "PT1H")', 'BAD_USER_INPUT', 'wait'],
  ])('that makes no sense is refused: %s', async (mutation, code, at) => {
    const { gateway } = await open(0);
    expect((await gateway.errors(`mutation { ${mutation} { count } }`))[0]?.extensions).toMatchObject({
      code,
      field: at,
    });
  });
});
