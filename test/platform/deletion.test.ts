// Deleting: what runs is stopped first, nothing is deleted while it cannot be stopped, and what belongs together goes together.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { type FakeNode, fakeNode } from '../kit/node.ts';
import { until } from '../kit/until.ts';
import { createWorld, type World } from '../kit/world.ts';

const STEADY = ['sleep', '1000'];

let machine: FakeNode;
let gateway: TestGateway;

beforeAll(async () => {
  machine = await fakeNode();
  gateway = await startGateway();
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await machine.close();
});

/** A world with a process that runs. */
async function running(name: string) {
  const world = await createWorld(gateway, name);
  const node = await world.node(machine);
  const service = await world.service(STEADY);
  const process = await world.process(service, node);
  await world.change('startProcess', process);
  const { pid } = await world.look(process);
  return { world, node, service, process, pid: pid as number };
}

const remove = (noun: string, id: string, force = false) =>
  gateway.run(
    `mutation ($id: ID!${force ? ', $force: Boolean!' : ''}) { delete${noun}(id: $id${force ? ', force: $force' : ''}) { id } }`,
    { id, force },
  );
const refusal = async (noun: string, id: string) =>
  (await gateway.errors(`mutation ($id: ID!) { delete${noun}(id: $id) { id } }`, { id }))[0];
const lives = (pid: number) => until(`pid ${pid}`, () => isThere(pid));
const isGone = (pid: number) => until(`the end of pid ${pid}`, () => !isThere(pid));
const isThere = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function left(world: World) {
  const { instance } = await gateway.run(
    'query ($id: ID!) { instance(id: $id) { nodes { totalCount } services { totalCount } processes { totalCount } } }',
    { id: world.instance },
  );
  return instance && [instance.nodes.totalCount, instance.services.totalCount, instance.processes.totalCount];
}

describe('what runs is stopped first', () => {
  it('a process', async () => {
    const { world, process, pid } = await running('P');
    await remove('Process', process);
    await isGone(pid);
    expect(await left(world)).toEqual([1, 1, 0]);
  });

  it('a service takes its processes', async () => {
    const { world, service, pid } = await running('S');
    await remove('Service', service);
    await isGone(pid);
    expect(await left(world)).toEqual([1, 0, 0]);
  });

  it('an instance takes its nodes, services and processes, and detaches its tenants', async () => {
    const { world, pid } = await running('I');
    await gateway.run('mutation { createTenant(input: { id: "t", name: "T" }) { tenant { id } } }');
    await gateway.run('mutation ($id: ID!) { addTenantToInstance(tenant: "t", instance: $id) { instance { id } } }', {
      id: world.instance,
    });
    await remove('Instance', world.instance);
    await isGone(pid);
    expect(await left(world)).toBeNull();
    expect(await gateway.run('{ tenant(id: "t") { id instance { id } } }')).toEqual({
      tenant: { id: 't', instance: null },
    });
  });

  it('a node with processes is refused; by force they are stopped and go with it', async () => {
    const { world, node, process, pid } = await running('N');
    expect((await refusal('Node', node))?.extensions).toEqual({ code: 'CONFLICT', field: 'force' });
    expect((await world.look(process)).status).toBe('RUNNING');
    await remove('Node', node, true);
    await isGone(pid);
    expect(await left(world)).toEqual([0, 1, 0]);
  });

  it('a process whose only start never reached its node is deleted without it', async () => {
    const world = await createWorld(gateway, 'Mistyped');
    const process = await world.process(await world.service(STEADY), await world.node(machine, { port: 1 }));
    expect((await world.change('startProcess', process)).steps.nodes[0]).toMatchObject({
      state: 'FAILED',
      reason: 'REFUSED',
    });
    expect(await world.look(process)).toMatchObject({ status: 'STOPPED', statusReason: 'START_FAILED' });
    await remove('Process', process);
    expect(await left(world)).toEqual([1, 1, 0]);
  });

  it('a process that was never started needs no node to answer', async () => {
    const world = await createWorld(gateway, 'Never');
    const node = await world.node(machine, { port: 1 });
    const process = await world.process(await world.service(STEADY), node);
    await remove('Process', process);
    expect(await left(world)).toEqual([1, 1, 0]);
  });
});

describe('what cannot be stopped', () => {
  it('is not deleted, with the reason, unless forced', async () => {
    const other = await fakeNode();
    const world = await createWorld(gateway, 'Unreachable');
    const node = await world.node(other);
    const service = await world.service(STEADY);
    const id = await world.process(service, node);
    await world.change('startProcess', id);
    const { pid } = await world.look(id);
    await other.server.close();
    await until('UNKNOWN', async () => (await world.look(id)).status === 'UNKNOWN');
    for (const [noun, target] of [
      ['Process', id],
      ['Service', service],
      ['Instance', world.instance],
    ] as const) {
      const error = await refusal(noun, target);
      expect(error?.extensions).toEqual({ code: 'NODE_UNREACHABLE', field: 'force' });
      expect(error?.message).toContain(id);
    }
    expect(await left(world)).toEqual([1, 1, 1]);
    await remove('Instance', world.instance, true);
    expect(await left(world)).toBeNull();
    // Until its node can be reached again it goes on running.
    await lives(pid as number);
    await other.close();
  }, 90_000);
});

describe('ids', () => {
  it('the number of what was deleted is not given again', async () => {
    const first = await createWorld(gateway, 'A');
    await remove('Instance', first.instance);
    const second = await createWorld(gateway, 'B');
    expect(Number(second.instance.slice(2))).toBe(Number(first.instance.slice(2)) + 1);
    const node = await second.node(machine);
    await remove('Node', node);
    expect(Number((await second.node(machine)).slice(2))).toBe(Number(node.slice(2)) + 1);
    const service = await second.service(STEADY);
    await remove('Service', service);
    expect(Number((await second.service(STEADY)).slice(2))).toBe(Number(service.slice(2)) + 1);
  });
});
