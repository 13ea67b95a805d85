// Contact with nodes: what a ping says, which credentials work, and that a host key that changed ends it before any secret is sent.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKeyPair } from '../../src/demo/node.ts';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { type FakeNode, fakeNode, PASSWORD } from '../kit/node.ts';
import { until } from '../kit/until.ts';
import { createWorld, type World } from '../kit/world.ts';

let gateway: TestGateway;
let world: World;
let machine: FakeNode;

beforeAll(async () => {
  gateway = await startGateway();
  world = await createWorld(gateway);
  machine = await fakeNode();
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await machine.close();
});

const ping = async (id: string) =>
  (
    await gateway.run(
      'mutation ($id: ID!) { pingNode(id: $id) { reachable reason message hostKeys latencyMs system node { id hostKeys } } }',
      { id },
    )
  ).pingNode;

describe('a ping', () => {
  it('says that a node can be reached, what it runs, and pins the host key that it met', async () => {
    const node = await world.node(machine);
    const found = await ping(node);
    const key = `${machine.server.hostKey.type} ${machine.server.hostKey.fingerprint}`;
    expect(found).toMatchObject({
      reachable: true,
      reason: null,
      hostKeys: [key],
      node: { id: node, hostKeys: [key] },
    });
    expect(found.system).toMatch(/^Linux /);
    expect(found.latencyMs).toBeGreaterThan(0);
  });

  it.each([
    ['a wrong password', { password: 'wrong' }, 'AUTHENTICATION'],
    ['a wrong user', { username: 'nobody' }, 'AUTHENTICATION'],
    ['a key that is none', { privateKey: 'no key at all' }, 'BAD_CREDENTIAL'],
    ['a port where nobody listens', { port: 1 }, 'REFUSED'],
    ['a name that is not there', { ipAddress: 'no-such-host.invalid' }, 'NAME_NOT_FOUND'],
  ])('says so: %s', async (_what, input, reason) => {
    const found = await ping(await world.node(machine, input));
    expect(found).toMatchObject({ reachable: false, reason });
    expect(found.message).not.toContain('wrong');
  });

  it('says so: a server that speaks something else', async () => {
    const web = createServer((socket) => {
      socket.on('error', () => {}).once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    }).listen(0, '127.0.0.1');
    await once(web, 'listening');
    const { port } = web.address() as AddressInfo;
    const { reachable, reason } = await ping(await world.node(machine, { port }));
    expect(reachable).toBe(false);
    // Whether its words or the end of the connection are seen first is a race of the network.
    expect(['NOT_SSH', 'RESET']).toContain(reason);
    web.close();
  });

  it('works with a private key, one with a passphrase, and a password that is asked for', async () => {
    const [plain, locked] = [newKeyPair(), newKeyPair('open sesame')];
    for (const [pair, passphrase] of [
      [plain, undefined],
      [locked, 'open sesame'],
    ] as const) {
      await using keyed = await fakeNode({ publicKey: pair.public });
      const node = await world.node(keyed, { password: null, privateKey: pair.private, passphrase });
      expect(await ping(node)).toMatchObject({ reachable: true });
    }
    await using asking = await fakeNode({ keyboardInteractive: true });
    expect(await ping(await world.node(asking))).toMatchObject({ reachable: true });
  });
});

describe('a host key that changed', () => {
  it('is refused before any credential is sent, and accepted once the administrator says so', async () => {
    await using other = await fakeNode();
    const node = await world.node(other);
    expect((await ping(node)).reachable).toBe(true);
    other.server.changeHostKey();
    const asked = other.server.authRequests.length;
    const refused = await ping(node);
    expect(refused).toMatchObject({ reachable: false, reason: 'HOST_KEY_CHANGED' });
    expect(refused.message).toContain(other.server.hostKey.fingerprint);
    expect(other.server.authRequests).toHaveLength(asked);
    await gateway.run(
      'mutation ($id: ID!, $type: String!, $fingerprint: String!) { trustHostKey(id: $id, type: $type, fingerprint: $fingerprint) { node { id } } }',
      {
        id: node,
        ...other.server.hostKey,
      },
    );
    expect((await ping(node)).reachable).toBe(true);
  });

  it('makes the processes of a watched node UNKNOWN, never STOPPED', async () => {
    await using other = await fakeNode();
    const node = await world.node(other);
    const id = await world.process(await world.service(['sleep', '1000']), node);
    await world.change('startProcess', id);
    other.server.changeHostKey();
    other.server.dropConnections();
    const seen = await until('UNKNOWN', async () => {
      const now = await world.look(id);
      return now.status === 'UNKNOWN' && now.statusMessage?.includes('host key') ? now : undefined;
    });
    expect(seen).toMatchObject({ desired: 'RUNNING', statusReason: 'NODE_NOT_CONNECTED' });
    expect((await world.change('stopProcess', id)).steps.nodes[0]).toMatchObject({
      state: 'FAILED',
      reason: 'HOST_KEY_CHANGED',
    });
    expect((await world.look(id)).status).toBe('UNKNOWN');
    await gateway.run(
      'mutation ($id: ID!, $type: String!, $fingerprint: String!) { trustHostKey(id: $id, type: $type, fingerprint: $fingerprint) { node { id } } }',
      {
        id: node,
        ...other.server.hostKey,
      },
    );
    await until('RUNNING', async () => (await world.look(id)).status === 'RUNNING');
  });
});

describe('the link to a node', () => {
  const link = async (id: string) =>
    (await gateway.run('query ($id: ID!) { node(id: $id) { version connection { state reason message } } }', { id }))
      .node;

  it('is told as it stands, without that being a write of the node; there is none while the node has no processes', async () => {
    await using other = await fakeNode();
    const node = await world.node(other);
    expect((await link(node)).connection).toBeNull();
    const id = await world.process(await world.service(['sleep', '1000']), node);
    await until('CONNECTED', async () => (await link(node)).connection?.state === 'CONNECTED');
    const { version } = await link(node);
    other.server.refuseAuth = true;
    other.server.dropConnections();
    const refused = await until('AUTH_FAILED', async () => {
      const now = await link(node);
      return now.connection.state === 'AUTH_FAILED' ? now : undefined;
    });
    expect(refused).toMatchObject({
      version,
      connection: { reason: 'AUTHENTICATION', message: expect.stringContaining('log') },
    });
    await gateway.run('mutation ($id: ID!) { deleteProcess(id: $id) { id } }', { id });
    expect((await link(node)).connection).toBeNull();
  });
});

describe('the facts of a link', () => {
  it('are how far the node is, what failed last and when, and when it is tried again', async () => {
    await using other = await fakeNode();
    const node = await world.node(other);
    const facts = async () =>
      (
        await gateway.run(
          'query ($id: ID!) { node(id: $id) { connection { state since latencyMs attempts nextAttemptAt lastError lastErrorReason lastErrorAt } } }',
          { id: node },
        )
      ).node.connection;
    await world.process(await world.service(['sleep', '1000']), node);
    const up = await until('a measurement', async () => {
      const now = await facts();
      return now?.latencyMs > 0 && now;
    });
    expect(up).toMatchObject({
      state: 'CONNECTED',
      attempts: 0,
      nextAttemptAt: null,
      lastError: null,
      lastErrorAt: null,
    });
    other.server.stall();
    const down = await until('a failed attempt', async () => {
      const now = await facts();
      return now.attempts > 0 && now;
    });
    expect(down).toMatchObject({ state: 'UNREACHABLE', latencyMs: null, nextAttemptAt: expect.any(String) });
    other.server.resume();
    const back = await until('CONNECTED', async () => {
      const now = await facts();
      return now.state === 'CONNECTED' && now;
    });
    expect(back).toMatchObject({ attempts: 0, nextAttemptAt: null, lastError: expect.any(String) });
    expect(Date.parse(back.lastErrorAt)).toBeLessThanOrEqual(Date.parse(back.since));
  });
});

describe('a node that is edited', () => {
  it('is reached anew with its new password', async () => {
    await using other = await fakeNode();
    const node = await world.node(other, { password: 'not it' });
    const id = await world.process(await world.service(['sleep', '1000']), node);
    expect((await world.change('startProcess', id)).steps.nodes[0]).toMatchObject({
      state: 'FAILED',
      reason: 'AUTHENTICATION',
    });
    await gateway.run(
      'mutation ($id: ID!, $password: String!) { updateNode(id: $id, input: { password: $password }) { node { id } } }',
      { id: node, password: PASSWORD },
    );
    expect((await world.change('startProcess', id)).state).toBe('SUCCEEDED');
  });

  it('with another address is another machine: its old host key is forgotten', async () => {
    await using one = await fakeNode();
    await using two = await fakeNode();
    const node = await world.node(one);
    await ping(node);
    await gateway.run(
      'mutation ($id: ID!, $port: Int!) { updateNode(id: $id, input: { port: $port }) { node { id } } }',
      { id: node, port: two.server.port },
    );
    expect(await ping(node)).toMatchObject({
      reachable: true,
      hostKeys: [expect.stringContaining(two.server.hostKey.fingerprint)],
    });
  });

  it('that is closed for deployment takes no processes and no starts', async () => {
    const node = await world.node(machine);
    const service = await world.service(['sleep', '1000']);
    const id = await world.process(service, node);
    await gateway.run('mutation ($id: ID!) { updateNode(id: $id, input: { status: false }) { node { id } } }', {
      id: node,
    });
    const [refused] = await gateway.errors(
      'mutation ($input: CreateProcessInput!) { createProcess(input: $input) { process { id } } }',
      { input: { service, node } },
    );
    expect(refused?.extensions.code).toBe('CONFLICT');
    const [start] = await gateway.errors('mutation ($id: ID!) { startProcess(id: $id) { operation { id } } }', { id });
    expect(start?.extensions.code).toBe('CONFLICT');
  });
});
