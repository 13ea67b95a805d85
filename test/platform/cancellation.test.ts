// Cancelling: what has not begun is not done, what is under way ends truthfully, and the last wish that stands decides.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { type FakeNode, fakeNode } from '../kit/node.ts';
import { payload } from '../kit/payload.ts';
import { until } from '../kit/until.ts';
import { createWorld, type World } from '../kit/world.ts';

const STEPS = 'id state steps(first: 100) { nodes { processId state reason message attempts startedAt finishedAt } }';

let machine: FakeNode;
let gateway: TestGateway;
let world: World;
let node: string;

beforeAll(async () => {
  machine = await fakeNode();
  const catalogue = join(machine.home, 'types.yaml');
  // Goes down when it is told to, and not before: whatever waits behind its stop waits as long as a test likes.
  const held = payload(machine.home).command(
    `trap 'until [ -e "release-$GANTRY_PROCESS_ID" ]; do sleep 0.05; done; exit 0' TERM; while :; do sleep 0.05; done`,
  );
  const types = { held: { command: held, stop: { signal: 'TERM', graceSeconds: 300 } } };
  writeFileSync(
    catalogue,
    JSON.stringify({ types }).replaceAll('${', () => '$${'),
  );
  gateway = await startGateway({ GANTRY_SERVICE_TYPES: catalogue });
  world = await createWorld(gateway);
  node = await world.node(machine);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await machine.close();
});

const release = (process: string) => writeFileSync(join(machine.home, `release-${process}`), '');
const read = async (id: string) =>
  (await gateway.run(`query ($id: ID!) { operation(id: $id) { ${STEPS} } }`, { id })).operation;
const cancel = async (id: string) =>
  (await gateway.run(`mutation ($id: ID!) { cancelOperation(id: $id) { operation { ${STEPS} } } }`, { id }))
    .cancelOperation.operation;
const ends = (id: string) =>
  until('the end of an operation', async () => {
    const operation = await read(id);
    return !['QUEUED', 'RUNNING'].includes(operation.state) && operation;
  });

/** Processes of one service that run, and whose stop takes until they are released. */
async function running(count: number) {
  const { createService } = await gateway.run(
    'mutation ($input: CreateServiceInput!) { createService(input: $input) { service { id } } }',
    { input: { instance: world.instance, name: 'held', type: 'held' } },
  );
  const service: string = createService.service.id;
  const processes: string[] = [];
  for (let made = 0; made < count; made++) processes.push(await world.process(service, node));
  expect((await world.change('startService', service, 'PT1M')).state).toBe('SUCCEEDED');
  return { service, processes, process: processes[0] as string };
}

/** Asks for a change and waits until it is under way. */
async function begun(mutation: string, id: string): Promise<string> {
  const operation = await world.change(mutation, id, 'PT0S');
  await until('its beginning', async () => (await read(operation.id)).state === 'RUNNING');
  return operation.id;
}

describe('an operation that is cancelled', () => {
  it('before it began does nothing, and what was wanted before is wanted again', async () => {
    const { process } = await running(1);
    const stop = await begun('stopProcess', process);
    const start = await world.change('startProcess', process, 'PT0S');
    expect(start.state).toBe('QUEUED');
    expect((await world.look(process)).desired).toBe('RUNNING');
    const cancelled = await cancel(start.id);
    expect(cancelled).toMatchObject({
      state: 'CANCELLED',
      steps: { nodes: [{ state: 'CANCELLED', reason: 'CANCELLED', attempts: 0, startedAt: null }] },
    });
    expect(cancelled.steps.nodes[0].message).toContain('anonymous');
    expect((await world.look(process)).desired).toBe('STOPPED');
    release(process);
    expect((await ends(stop)).state).toBe('SUCCEEDED');
    expect(await world.look(process)).toMatchObject({ status: 'STOPPED', desired: 'STOPPED' });
    expect(payload(machine.home).starts(process)).toBe(1);
  });

  it('in its midst ends truthfully: what had begun is done, what had not is not', async () => {
    const { service, processes } = await running(2);
    const [waiting = '', begins = ''] = processes;
    const stop = await begun('stopProcess', waiting);
    const restart = await begun('restartService', service);
    const states = async () =>
      Object.fromEntries(
        (await read(restart)).steps.nodes.map((step: { processId: string; state: string }) => [
          step.processId,
          step.state,
        ]),
      );
    await until('one of them to begin', async () => (await states())[begins] === 'RUNNING');
    expect((await cancel(restart)).state).toBe('RUNNING');
    expect(await states()).toEqual({ [waiting]: 'CANCELLED', [begins]: 'RUNNING' });
    for (const process of processes) release(process);
    expect((await ends(restart)).state).toBe('CANCELLED');
    expect(await states()).toEqual({ [waiting]: 'CANCELLED', [begins]: 'SUCCEEDED' });
    expect((await ends(stop)).state).toBe('SUCCEEDED');
    const { starts, doubles } = payload(machine.home);
    expect([starts(waiting), starts(begins), doubles()]).toEqual([1, 2, 0]);
    expect((await world.look(waiting)).desired).toBe('STOPPED');
  });

  it('when all of it had begun ends as it ends', async () => {
    const { process } = await running(1);
    const stop = await begun('stopProcess', process);
    expect((await cancel(stop)).state).toBe('RUNNING');
    release(process);
    expect((await ends(stop)).state).toBe('SUCCEEDED');
  });

  it('leaves a later wish as it is; that one cancelled, too, goes back to what was before both', async () => {
    const { process } = await running(1);
    const stop = await begun('stopProcess', process);
    const start = await world.change('startProcess', process, 'PT0S');
    const again = await world.change('restartProcess', process, 'PT0S');
    const desired = async () => (await world.look(process)).desired;
    await cancel(start.id);
    expect(await desired()).toBe('RUNNING');
    await cancel(again.id);
    expect(await desired()).toBe('STOPPED');
    release(process);
    await ends(stop);
  });

  it('after its end is refused, and so is one that there never was', async () => {
    const { process } = await running(1);
    release(process);
    const { id } = await world.change('stopProcess', process, 'PT1M');
    const codes = async (which: string) =>
      (
        await gateway.errors('mutation ($id: ID!) { cancelOperation(id: $id) { operation { id } } }', { id: which })
      ).map((error) => error.extensions.code);
    expect(await codes(id)).toEqual(['CONFLICT']);
    expect(await codes('none')).toEqual(['NOT_FOUND']);
  });
});

describe('operations', () => {
  it('are found by state, kind, actor, target, process and time, in an order', async () => {
    const before = new Date().toISOString();
    const { service, process } = await running(1);
    release(process);
    const stop = await world.change('stopProcess', process, 'PT1M');
    const found = async (filter: object, orderBy?: object): Promise<string[]> => {
      const query = `query ($filter: OperationFilter, $orderBy: OperationOrder) {
        operations(filter: $filter, orderBy: $orderBy) { nodes { kind } } }`;
      const { operations } = await gateway.run(query, { filter, orderBy });
      return operations.nodes.map(({ kind }: { kind: string }) => kind);
    };
    const mine = { steps: { processId: [process] } };
    expect(await found(mine)).toEqual(['STOP', 'START']);
    expect(await found(mine, { field: 'KIND' })).toEqual(['START', 'STOP']);
    expect(await found({ ...mine, kind: ['STOP'], state: ['SUCCEEDED'], actor: { eq: 'anonymous' } })).toEqual([
      'STOP',
    ]);
    expect(await found({ targetType: ['SERVICE'], targetId: [service] })).toEqual(['START']);
    expect(await found({ ...mine, actor: { eq: 'somebody' } })).toEqual([]);
    expect(await found({ ...mine, steps: { processId: [process], state: ['FAILED'] } })).toEqual([]);
    expect(await found({ ...mine, createdAt: { from: before } })).toEqual(['STOP', 'START']);
    expect(await found({ ...mine, createdAt: { before } })).toEqual([]);
    expect(await found({ targetId: [process], finishedAt: { from: stop.finishedAt } })).toEqual(['STOP']);
  });
});
