// Tombstones: what was deleted by force while its node was away is stopped when the node comes back, whatever became of node and gateway.
// Whether a process is gone is asked of the kernel, by its pid.
import { afterEach, describe, expect, it } from 'vitest';
import { startDemoNode } from '../../src/demo/node.ts';
import { FormerNode } from '../../src/store/entities/former-node.ts';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { type FakeNode, fakeNode, PASSWORD } from '../kit/node.ts';
import { startRelay } from '../kit/relay.ts';
import { until } from '../kit/until.ts';
import { createWorld } from '../kit/world.ts';

// The longest pause between two attempts to reach a node is 30 s.
const PATIENCE_MS = 90_000;
const TEST_MS = 240_000;

let open: AsyncDisposableStack;

afterEach(() => open.disposeAsync());

/** A gateway, and a machine that can be taken away and given back; a process runs on it. */
async function scene() {
  open = new AsyncDisposableStack();
  const machine = open.use(await fakeNode());
  const relay = open.use(await startRelay(machine.server.port));
  const gateway = open.use(await startGateway());
  const world = await createWorld(gateway);
  const place = { server: { host: relay.host, port: relay.port, username: machine.server.username } } as FakeNode;
  const node = await world.node(place);
  const service = await world.service(['sleep', '1000']);
  const id = await world.process(service, node);
  expect((await world.change('startProcess', id)).state).toBe('SUCCEEDED');
  const pid = (await world.look(id)).pid as number;
  const away = async () => {
    relay.away();
    await until('the loss', async () => (await world.look(id)).status === 'UNKNOWN');
  };
  return {
    machine,
    relay,
    gateway,
    world,
    place,
    node,
    service,
    id,
    pid,
    away,
    back: () => relay.lead(machine.server.port),
  };
}

const isThere = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const isGone = (pid: number) => until(`the end of pid ${pid}`, () => !isThere(pid), PATIENCE_MS);

const remove = (gateway: TestGateway, noun: string, id: string) =>
  gateway.run(`mutation ($id: ID!) { delete${noun}(id: $id, force: true) { id } }`, { id });

const tombstones = async (gateway: TestGateway) =>
  (
    await gateway.run(
      '{ tombstones { nodes { id instanceId serviceId serviceName nodeId nodeName actor lastError } } }',
    )
  ).tombstones.nodes;

/** Nothing is left: no tombstone, no way to a node, no link that nobody needs. */
const isSettled = (gateway: TestGateway, node: string) =>
  until(
    'nothing to be left',
    async () =>
      (await tombstones(gateway)).length === 0 &&
      (await gateway.platform.store.write((em) => em.count(FormerNode, {}))) === 0 &&
      gateway.platform.fleet.connection(node) === undefined,
    PATIENCE_MS,
  );

describe('a process that is deleted by force while its node is away', () => {
  it('is remembered, and stopped when the node comes back', { timeout: TEST_MS }, async () => {
    const { gateway, world, node, service, id, pid, away, back } = await scene();
    await away();
    await remove(gateway, 'Process', id);
    expect(await tombstones(gateway)).toEqual([
      {
        id,
        instanceId: world.instance,
        serviceId: service,
        serviceName: 'service',
        nodeId: node,
        nodeName: 'machine',
        actor: 'anonymous',
        lastError: null,
      },
    ]);
    expect(isThere(pid)).toBe(true);
    back();
    await isGone(pid);
    await isSettled(gateway, node);
  });

  it('is stopped also by a gateway that was started meanwhile', { timeout: TEST_MS }, async () => {
    const { gateway, node, id, pid, away, back } = await scene();
    await away();
    await remove(gateway, 'Process', id);
    const later = open.use(await gateway.again());
    expect(await tombstones(later)).toMatchObject([{ id, nodeId: node }]);
    back();
    await isGone(pid);
    await isSettled(later, node);
  });

  it('is left alone when its tombstone is deleted', { timeout: TEST_MS }, async () => {
    const { gateway, machine, node, id, pid, away, back } = await scene();
    await away();
    await remove(gateway, 'Process', id);
    await gateway.run('mutation ($id: ID!) { deleteTombstone(id: $id) { id } }', { id });
    await isSettled(gateway, node);
    const [error] = await gateway.errors('mutation ($id: ID!) { deleteTombstone(id: $id) { id } }', { id });
    expect(error?.extensions.code).toBe('NOT_FOUND');
    back();
    // The gateway comes to the machine again, for another process, and does not touch the one that was given up.
    const world = await createWorld(gateway, 'Another');
    const other = await world.process(await world.service(['sleep', '1000']), await world.node(machine));
    expect((await world.change('startProcess', other)).state).toBe('SUCCEEDED');
    expect(isThere(pid)).toBe(true);
  });
});

describe('a node that is deleted by force while it is away', () => {
  it.each(['Node', 'Instance'])(
    'with its %s: what runs on it is stopped when it comes back',
    { timeout: TEST_MS },
    async (noun) => {
      const { gateway, world, node, pid, away, back } = await scene();
      await away();
      await remove(gateway, noun, noun === 'Node' ? node : world.instance);
      expect((await gateway.run('query ($id: ID!) { node(id: $id) { id } }', { id: node })).node).toBeNull();
      expect(await tombstones(gateway)).toMatchObject([{ nodeId: node }]);
      const later = open.use(await gateway.again());
      back();
      await isGone(pid);
      await isSettled(later, node);
    },
  );

  it('and that is deleted after its processes were is still found again', { timeout: TEST_MS }, async () => {
    const { gateway, node, id, pid, away, back } = await scene();
    await away();
    await remove(gateway, 'Process', id);
    await gateway.run('mutation ($id: ID!) { deleteNode(id: $id) { id } }', { id: node });
    back();
    await isGone(pid);
    await isSettled(gateway, node);
  });

  it('and comes back as a new node of the same place, with another password, is cleared by way of that', {
    timeout: TEST_MS,
  }, async () => {
    const { machine, relay, gateway, place, node, pid, away } = await scene();
    await away();
    await remove(gateway, 'Node', node);
    const changed = await startDemoNode({
      home: machine.home,
      username: machine.server.username,
      password: `${PASSWORD}!`,
    });
    open.defer(() => changed.close());
    relay.lead(changed.port);
    const world = await createWorld(gateway, 'New');
    const again = await world.node(place, { password: `${PASSWORD}!` });
    const fresh = await world.process(await world.service(['sleep', '1000']), again);
    expect((await world.change('startProcess', fresh)).state).toBe('SUCCEEDED');
    await isGone(pid);
    await isSettled(gateway, node);
    expect((await world.look(fresh)).status).toBe('RUNNING');
  });
});
