// Passwords of nodes: as documented where only this machine can ask, and as the setting says elsewhere.
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { rest } from '../kit/rest.ts';

const SECRET = 'canary-4711 \u{1f511}';
const MASK = '********';
const NODE = { name: 'n', 'ip-address': '192.0.2.1', username: 'u', password: SECRET };

async function withNode(setting: string): Promise<TestGateway> {
  const gateway = await startGateway({ GANTRY_NODE_PASSWORDS: setting });
  await rest(gateway.url, 'POST', '/1.0/instances', { body: { name: 'i', zk: 'z', redis: 'r' } });
  return gateway;
}

const create = (gateway: TestGateway, body: object = NODE) =>
  rest(gateway.url, 'POST', '/1.0/instances/IN1/nodes', { body });
const change = (gateway: TestGateway, body: object) =>
  rest(gateway.url, 'PUT', '/1.0/instances/IN1/nodes/ND1', { body });
const credentials = async (gateway: TestGateway) =>
  (await gateway.run('{ node(id: "ND1") { credentialSetAt version } }')).node;

it.each([
  ['127.0.0.1', 'clear'],
  ['::1', 'clear'],
  ['localhost', 'clear'],
  ['0.0.0.0', 'masked'],
  ['10.0.0.5', 'masked'],
])('on %s they are %s if nothing is set', (host, display) => {
  expect(readConfig({ GANTRY_HOST: host, GANTRY_ACCESS: 'token' }).nodePasswords).toBe(display);
});

describe('a gateway that shows them in clear', () => {
  it('answers with them in every answer that has the node', async () => {
    await using gateway = await withNode('clear');
    expect((await create(gateway)).body.password).toBe(SECRET);
    expect((await change(gateway, { name: 'm' })).body.password).toBe(SECRET);
    expect((await rest(gateway.url, 'GET', '/1.0/instances/IN1/nodes/ND1')).body.password).toBe(SECRET);
    expect((await rest(gateway.url, 'GET', '/1.0/instances/IN1/nodes')).body).toMatchObject([{ password: SECRET }]);
    expect((await change(gateway, { password: MASK })).body.password).toBe(MASK);
  });

  it('still has none in the graph and none in its log', async () => {
    await using gateway = await withNode('clear');
    await create(gateway);
    await rest(gateway.url, 'GET', '/1.0/instances/IN1/nodes/ND1');
    for (const field of ['password', 'statusGiven', 'passwordSealed'])
      expect((await gateway.errors(`{ node(id: "ND1") { ${field} } }`))[0]?.extensions.code).toBe(
        'GRAPHQL_VALIDATION_FAILED',
      );
    expect((await gateway.errors('{ services { nodes { optionsGiven } } }'))[0]?.extensions.code).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );
    expect(await gateway.errors('{ __type(name: "Node") { fields { name } } }')).toEqual([]);
    const { __type } = await gateway.run('{ __type(name: "Node") { fields { name } } }');
    expect(__type.fields.map((field: { name: string }) => field.name)).not.toContain('password');
    expect(gateway.log()).not.toContain('canary-4711');
  });
});

describe('a gateway that masks them', () => {
  it('shows the mask, and a mask that is sent back changes nothing', async () => {
    await using gateway = await withNode('masked');
    expect((await create(gateway)).body.password).toBe(MASK);
    const before = await credentials(gateway);
    const shown = (await rest(gateway.url, 'GET', '/1.0/instances/IN1/nodes/ND1')).body;
    expect((await change(gateway, { ...shown, name: 'm' })).body).toEqual({ ...shown, name: 'm' });
    expect((await credentials(gateway)).credentialSetAt).toBe(before.credentialSetAt);
    await change(gateway, { password: 'another' });
    expect((await credentials(gateway)).credentialSetAt).not.toBe(before.credentialSetAt);
  });

  it('takes the mask for no password at a creation', async () => {
    await using gateway = await withNode('masked');
    expect(await create(gateway, { ...NODE, password: MASK })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('password') },
    });
  });

  it('lets users have any password', async () => {
    await using gateway = await withNode('masked');
    const user = { email: 'a@b', name: 'a', password: MASK };
    expect((await rest(gateway.url, 'POST', '/1.0/users', { body: user })).status).toBe(201);
  });
});

it('a gateway that omits them has no such key', async () => {
  await using gateway = await withNode('omit');
  expect((await create(gateway)).body).toEqual({ id: 'ND1', name: 'n', 'ip-address': '192.0.2.1', username: 'u' });
});
