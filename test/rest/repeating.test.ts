// Idempotency-Key: a request that is sent again is not done again, and the answer says that it was given before.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { type FakeNode, fakeNode } from '../kit/node.ts';
import { type RestAnswer, rest } from '../kit/rest.ts';
import { until } from '../kit/until.ts';
import { createWorld } from '../kit/world.ts';

// Does not end when it is asked to, but when the file is gone.
const TYPES = `
types:
  stubborn:
    command: [/bin/sh, -c, 'trap "" TERM; while [ -e hold ]; do sleep 0.1; done']
    stop: { signal: TERM, graceSeconds: 600 }
    settleSeconds: 0.1
`;

let machine: FakeNode;
let gateway: TestGateway;

beforeAll(async () => {
  machine = await fakeNode();
  const types = join(machine.home, 'types.yaml');
  writeFileSync(types, TYPES);
  writeFileSync(join(machine.home, 'hold'), '');
  gateway = await startGateway({ GANTRY_SERVICE_TYPES: types });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await machine.close();
});

let count = 0;
const newKey = () => `key-${++count}`;
const send = (method: string, path: string, key: string, body?: object, headers: Record<string, string> = {}) =>
  rest(gateway.url, method, path, { body, headers: { 'idempotency-key': key, ...headers } });
const isReplayed = ({ headers }: RestAnswer) => headers['idempotency-replayed'] === 'true';

const DIALECTS = [
  ['/1.0', '/1.0/instances', { name: 'One', zk: 'z', redis: 'r' }, { name: 'Two', zk: 'z', redis: 'r' }, 'error'],
  [
    'topology',
    '/flexdeploy/rest/topology/instance',
    { instanceName: 'a', instanceCode: 'A', isActive: true },
    { instanceName: 'b', instanceCode: 'A', isActive: true },
    'message',
  ],
] as const;

describe.each(DIALECTS)('%s', (_name, path, body, other, told) => {
  it('creates once, answers the same again, and says so', async () => {
    const key = newKey();
    const first = await send('POST', path, key, body);
    const again = await send('POST', path, key, Object.fromEntries(Object.entries(body).reverse()));
    expect([first.status, isReplayed(first)]).toEqual([201, false]);
    expect([again.status, again.text, isReplayed(again)]).toEqual([201, first.text, true]);
    const quoted = await send('POST', path, `"${key}"`, body);
    expect([quoted.text, isReplayed(quoted)]).toEqual([first.text, true]);
    expect((await send('POST', path, newKey(), body)).text).not.toBe(first.text);
  });

  it('refuses the key for another request with 422, in its own words', async () => {
    const key = newKey();
    await send('POST', path, key, body);
    const refused = await send('POST', path, key, other);
    expect([refused.status, refused.body]).toEqual([422, { [told]: expect.stringContaining('another request') }]);
  });

  it.each(['', ' ', 'two words', 'a, b', 'x'.repeat(256), 'é'])('refuses what is no key: %j', async (key) => {
    const answer = await send('POST', path, Buffer.from(key).toString('latin1'), body);
    // Spaces around a header's value are none of it, and an empty one is no key.
    expect([answer.status, answer.body]).toEqual([400, { [told]: expect.stringContaining('Idempotency-Key must be') }]);
  });

  it('keeps no key of what was refused', async () => {
    const key = newKey();
    expect((await send('POST', path, key, {})).status).toBe(400);
    expect((await send('POST', path, key, body)).status).toBe(201);
  });
});

describe('what the first request has done', () => {
  it('does not refuse the second: a node that is deleted by now is still answered with 204', async () => {
    const { body: instance } = await send('POST', '/1.0/instances', newKey(), DIALECTS[0][2]);
    const nodes = `/1.0/instances/${instance.id}/nodes`;
    const { body: node } = await send('POST', nodes, newKey(), {
      name: 'n',
      'ip-address': '192.0.2.1',
      username: 'u',
      password: 'p',
    });
    const key = newKey();
    expect((await send('DELETE', `${nodes}/${node.id}`, key)).status).toBe(204);
    const again = await send('DELETE', `${nodes}/${node.id}`, key);
    expect([again.status, isReplayed(again)]).toEqual([204, true]);
    expect((await send('DELETE', `${nodes}/${node.id}`, newKey())).status).toBe(404);
  });

  it('nor does a version that it has changed itself', async () => {
    const { body: instance, headers } = await send('POST', '/1.0/instances', newKey(), DIALECTS[0][2]);
    const path = `/1.0/instances/${instance.id}`;
    const key = newKey();
    const condition = { 'if-match': headers.etag as string };
    const first = await send('PUT', path, key, { zk: 'y' }, condition);
    const again = await send('PUT', path, key, { zk: 'y' }, condition);
    expect([first.status, again.status, again.text, isReplayed(again)]).toEqual([200, 200, first.text, true]);
    expect((await send('PUT', path, newKey(), { zk: 'y' }, condition)).status).toBe(412);
  });
});

it('the same key speaks of the same request in the graph and in a dialect', async () => {
  const key = newKey();
  await send('POST', '/1.0/tenants', key, { id: 'both', name: 'Both' });
  const { createTenant } = await gateway.run(
    `mutation { createTenant(input: { id: "both", name: "Both" }, idempotencyKey: "${key}") { tenant { name } } }`,
  );
  expect(createTenant).toEqual({ tenant: { name: 'Both' } });
});

describe('while the first is under way', () => {
  it('a twin is told to wait, and has the answer afterwards', async () => {
    const world = await createWorld(gateway);
    const node = await world.node(machine);
    const service = await world.service([], { type: 'stubborn', options: {} });
    const process = await world.process(service, node);
    await world.change('startProcess', process, 'PT1M');
    const key = newKey();
    const stop = () => send('POST', `/1.0/processes/${process}/stop`, key);
    const first = stop();
    await until('the stop to be stored', async () => (await world.look(process)).desired === 'STOPPED');

    const twin = await stop();
    expect([twin.status, twin.headers['retry-after'], twin.body]).toEqual([
      409,
      '1',
      { error: expect.stringContaining('still under way') },
    ]);
    const [refused] = await gateway.errors(
      'mutation ($id: ID!, $key: String) { stopProcess(id: $id, wait: "PT0S", idempotencyKey: $key) { operation { id } } }',
      { id: process, key },
    );
    expect(refused?.extensions).toEqual({ code: 'IDEMPOTENCY_KEY_IN_USE', field: 'idempotencyKey', retryAfter: 1 });
    expect((await send('POST', `/1.0/processes/${process}/start`, key)).status).toBe(422);

    rmSync(join(machine.home, 'hold'));
    const stopped = { id: process, running: false };
    expect((await first).body).toEqual(stopped);
    const again = await stop();
    expect([again.status, again.body, isReplayed(again)]).toEqual([200, stopped, true]);
    const { operations } = await gateway.run(
      'query ($id: [ID!]) { operations(filter: { targetId: $id }) { nodes { kind } } }',
      {
        id: [process],
      },
    );
    expect(operations.nodes).toEqual([{ kind: 'STOP' }, { kind: 'START' }]);
  });
});
