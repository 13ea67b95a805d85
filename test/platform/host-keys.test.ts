// Host keys: who is trusted at first contact, what somebody in between learns, and where a node may be.
import { afterEach, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { type FakeNode, fakeNode } from '../kit/node.ts';
import { startRelay } from '../kit/relay.ts';
import { until } from '../kit/until.ts';
import { createWorld } from '../kit/world.ts';

const STEADY = ['sleep', '1000'];

let open: AsyncDisposableStack;

afterEach(() => open.disposeAsync());

/** A gateway with these settings, an honest machine, and somebody in between who has a machine of the same user and password. */
async function scene(settings: Record<string, string> = {}) {
  open = new AsyncDisposableStack();
  const honest = open.use(await fakeNode());
  const other = open.use(await fakeNode());
  const relay = open.use(await startRelay(honest.server.port));
  const gateway = open.use(await startGateway(settings));
  const world = await createWorld(gateway);
  const between = { server: { host: relay.host, port: relay.port, username: honest.server.username } } as FakeNode;
  const node = await world.node(between);
  return { honest, other, relay, gateway, world, node };
}

const ping = async (gateway: TestGateway, id: string) =>
  (await gateway.run('mutation ($id: ID!) { pingNode(id: $id) { reachable reason message hostKeys } }', { id }))
    .pingNode;

const trust = (gateway: TestGateway, id: string, { server: { hostKey } }: FakeNode) =>
  gateway.run(
    'mutation ($id: ID!, $type: String!, $fingerprint: String!) { trustHostKey(id: $id, type: $type, fingerprint: $fingerprint) { node { id } } }',
    { id, ...hostKey },
  );

const link = async (gateway: TestGateway, id: string) =>
  (await gateway.run('query ($id: ID!) { node(id: $id) { hostKeys connection { state reason message } } }', { id }))
    .node;

const untilLink = (gateway: TestGateway, id: string, state: string) =>
  until(state, async () => {
    const found = await link(gateway, id);
    return found.connection?.state === state ? found : undefined;
  });

describe('somebody in between', () => {
  it('learns nothing once the node was met: neither who would log in, nor with what', async () => {
    const { honest, other, relay, gateway, world, node } = await scene();
    const id = await world.process(await world.service(STEADY), node);
    expect((await world.change('startProcess', id)).state).toBe('SUCCEEDED');
    await untilLink(gateway, node, 'CONNECTED');

    relay.lead(other.server.port);
    const { connection } = await untilLink(gateway, node, 'HOST_KEY_CHANGED');
    expect(connection.message).toContain(other.server.hostKey.fingerprint);
    expect(await ping(gateway, node)).toMatchObject({ reachable: false, reason: 'HOST_KEY_CHANGED' });
    expect((await world.change('stopProcess', id)).steps.nodes[0]).toMatchObject({ reason: 'HOST_KEY_CHANGED' });
    expect(other.server.accepted).toBeGreaterThan(0);
    expect(other.server.authRequests).toEqual([]);

    // Gone again: whoever runs the gateway looks, and it goes on.
    relay.lead(honest.server.port);
    expect(await ping(gateway, node)).toMatchObject({ reachable: true });
    await untilLink(gateway, node, 'CONNECTED');
    expect((await world.change('stopProcess', id)).state).toBe('SUCCEEDED');
  });

  it('learns nothing at first contact either where keys are approved first', async () => {
    const { honest, other, relay, gateway, world, node } = await scene({ GANTRY_HOST_KEYS: 'strict' });
    relay.lead(other.server.port);
    await trust(gateway, node, honest);
    const id = await world.process(await world.service(STEADY), node);
    await untilLink(gateway, node, 'HOST_KEY_CHANGED');
    expect((await world.change('startProcess', id)).steps.nodes[0]).toMatchObject({ reason: 'HOST_KEY_CHANGED' });
    expect(other.server.accepted).toBeGreaterThan(0);
    expect(other.server.authRequests).toEqual([]);
  });
});

describe('a node that was never met', () => {
  it('is logged in to when somebody has approved its key, where that is the setting; the error shows the key', async () => {
    const { honest, gateway, world, node } = await scene({ GANTRY_HOST_KEYS: 'strict' });
    const { type, fingerprint } = honest.server.hostKey;
    const refused = await ping(gateway, node);
    expect(refused).toMatchObject({
      reachable: false,
      reason: 'HOST_KEY_UNKNOWN',
      hostKeys: [`${type} ${fingerprint}`],
    });
    expect(refused.message).toContain(fingerprint);

    const id = await world.process(await world.service(STEADY), node);
    const { connection, hostKeys } = await untilLink(gateway, node, 'HOST_KEY_UNKNOWN');
    expect(connection).toMatchObject({ reason: 'HOST_KEY_UNKNOWN', message: expect.stringContaining(fingerprint) });
    expect(hostKeys).toEqual([]);
    expect((await world.change('startProcess', id)).steps.nodes[0]).toMatchObject({
      state: 'FAILED',
      reason: 'HOST_KEY_UNKNOWN',
      message: expect.stringContaining(fingerprint),
    });
    expect(await world.look(id)).toMatchObject({ status: 'STOPPED', statusReason: 'START_FAILED' });
    expect(honest.server.authRequests).toEqual([]);

    await trust(gateway, node, honest);
    await untilLink(gateway, node, 'CONNECTED');
    expect((await world.change('startProcess', id)).state).toBe('SUCCEEDED');
  });

  it('is pinned with the key that it shows, without that setting', async () => {
    const { honest, gateway, node } = await scene();
    expect(await ping(gateway, node)).toMatchObject({ reachable: true });
    const { type, fingerprint } = honest.server.hostKey;
    expect((await link(gateway, node)).hostKeys).toEqual([`${type} ${fingerprint}`]);
  });
});

describe('a node outside of the networks in which nodes may be', () => {
  it('is not called, by nothing that the gateway does', async () => {
    const { honest, gateway, world, node } = await scene({ GANTRY_NODE_NETWORKS: '10.0.0.0/8, fd00::/8' });
    expect(await ping(gateway, node)).toMatchObject({ reachable: false, reason: 'ADDRESS_REFUSED' });
    const id = await world.process(await world.service(STEADY), node);
    await untilLink(gateway, node, 'ADDRESS_REFUSED');
    expect((await world.change('startProcess', id)).steps.nodes[0]).toMatchObject({ reason: 'ADDRESS_REFUSED' });
    const renamed = 'mutation ($id: ID!) { updateNode(id: $id, input: { ipAddress: "localhost" }) { node { id } } }';
    await gateway.run(renamed, { id: node });
    expect((await ping(gateway, node)).reason).toBe('ADDRESS_REFUSED');
    expect(honest.server.accepted).toBe(0);
  });

  it('is called when its network is among them', async () => {
    const { gateway, node } = await scene({ GANTRY_NODE_NETWORKS: '10.0.0.0/8, 127.0.0.1' });
    expect(await ping(gateway, node)).toMatchObject({ reachable: true });
  });
});
