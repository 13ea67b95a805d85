// Bad input: a clear error with its code and field, and nothing changed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';

let gateway: TestGateway;

const MUTATIONS: Record<string, string> = {
  createInstance: 'mutation ($input: CreateInstanceInput!) { createInstance(input: $input) { instance { id } } }',
  createTenant: 'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { tenant { id } } }',
  createUser: 'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { email } } }',
  createIntegration:
    'mutation ($input: CreateIntegrationInput!) { createIntegration(input: $input) { integration { id } } }',
  createNode: 'mutation ($input: CreateNodeInput!) { createNode(input: $input) { node { id } } }',
  createService: 'mutation ($input: CreateServiceInput!) { createService(input: $input) { service { id } } }',
  createProcess: 'mutation ($input: CreateProcessInput!) { createProcess(input: $input) { process { id } } }',
};
const EVERYTHING = `{
  instances { nodes { id name description zk stats version } } tenants { nodes { id name version users { nodes { email } } } }
  users { nodes { email name version } } integrations { nodes { id definition } } nodes { nodes { id name version } }
  services { nodes { id name options version } } processes { nodes { id } } operations { nodes { id } }
}`;

const NODE = { instance: 'IN1', name: 'n', ipAddress: '127.0.0.1', username: 'u', password: 'p' };
const USER = { email: 'new@example.com', name: 'New', password: 'p' };
const SERVICE = { instance: 'IN1', name: 's', type: 'command', options: { command: ['true'] } };

beforeAll(async () => {
  gateway = await startGateway();
  const create = (mutation: string, input: object) => gateway.run(MUTATIONS[mutation] as string, { input });
  await create('createInstance', { name: 'One' });
  await create('createInstance', { name: 'Two' });
  await create('createTenant', { id: 'acme', name: 'ACME' });
  await create('createUser', { ...USER, email: 'ada@example.com', tenants: ['acme'] });
  await create('createIntegration', { id: 'echo' });
  await create('createNode', NODE);
  await create('createService', { ...SERVICE, instance: 'IN2' });
});

afterAll(() => gateway[Symbol.asyncDispose]());

const nested = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
const proto = JSON.parse('{"__proto__": {"polluted": true}}');
const deepProto = JSON.parse('{"a": [{"b": {"__proto__": 1}}]}');

describe('is refused, and changes nothing:', () => {
  it.each<[string, string, object, string, string]>([
    ['an empty name', 'createInstance', { name: '  ' }, 'BAD_USER_INPUT', 'input.name'],
    ['a name with a line break', 'createInstance', { name: 'a\nb' }, 'BAD_USER_INPUT', 'input.name'],
    ['a name with NUL', 'createTenant', { id: 'x', name: 'a\0b' }, 'BAD_USER_INPUT', 'input.name'],
    ['a name with an escape code', 'createInstance', { name: '\u001b[31mred' }, 'BAD_USER_INPUT', 'input.name'],
    ['a name with a lone surrogate', 'createInstance', { name: 'a\ud800' }, 'BAD_USER_INPUT', 'input.name'],
    ['a name that is too long', 'createInstance', { name: 'x'.repeat(201) }, 'BAD_USER_INPUT', 'input.name'],
    [
      'a description with NUL',
      'createInstance',
      { name: 'x', description: 'a\0' },
      'BAD_USER_INPUT',
      'input.description',
    ],
    ['a name of the wrong type', 'createInstance', { name: 1 }, 'BAD_USER_INPUT', 'input.name'],
    ['no name', 'createInstance', {}, 'BAD_USER_INPUT', 'input.name'],
    ['a field that is not there', 'createInstance', { name: 'x', nmae: 'y' }, 'BAD_USER_INPUT', 'input'],
    ['stats that are no object', 'createInstance', { name: 'x', stats: [1] }, 'BAD_USER_INPUT', 'input.stats'],
    [
      'stats nested 101 levels deep',
      'createInstance',
      { name: 'x', stats: nested(101) },
      'BAD_USER_INPUT',
      'input.stats',
    ],
    [
      'stats nested 1,200 levels deep',
      'createInstance',
      { name: 'x', stats: nested(1200) },
      'BAD_USER_INPUT',
      'input.stats',
    ],
    [
      'a number that cannot be kept exactly',
      'createInstance',
      { name: 'x', stats: { n: 2 ** 53 } },
      'BAD_USER_INPUT',
      'input.stats',
    ],
    ['stats with __proto__', 'createInstance', { name: 'x', stats: proto }, 'BAD_USER_INPUT', 'input.stats'],
    [
      'options with __proto__ deep inside',
      'createService',
      { ...SERVICE, options: { command: ['true'], x: deepProto } },
      'BAD_USER_INPUT',
      'input.options',
    ],
    [
      'options with NUL',
      'createService',
      { ...SERVICE, options: { command: ['true'], x: '\0' } },
      'BAD_USER_INPUT',
      'input.options',
    ],
    ['a tenant id that is taken', 'createTenant', { id: 'acme', name: 'Again' }, 'ALREADY_EXISTS', 'input.id'],
    ['an integration id that is taken', 'createIntegration', { id: 'echo' }, 'ALREADY_EXISTS', 'input.id'],
    ['a user that is there', 'createUser', { ...USER, email: 'ada@example.com' }, 'ALREADY_EXISTS', 'input.email'],
    ['a tenant id with a slash', 'createTenant', { id: '../x', name: 'x' }, 'BAD_USER_INPUT', 'input.id'],
    [
      'a negative rate limit',
      'createTenant',
      { id: 'x', name: 'x', rateLimit: -1 },
      'BAD_USER_INPUT',
      'input.rateLimit',
    ],
    ['an e-mail that is none', 'createUser', { ...USER, email: 'nobody' }, 'BAD_USER_INPUT', 'input.email'],
    [
      'a user in an unknown tenant',
      'createUser',
      { ...USER, tenants: ['acme', 'nowhere'] },
      'BAD_USER_INPUT',
      'input.tenants',
    ],
    ['a role that is none', 'createUser', { ...USER, role: 'ROOT' }, 'BAD_USER_INPUT', 'input.role'],
    ['a node without an address', 'createNode', { ...NODE, ipAddress: undefined }, 'BAD_USER_INPUT', 'input.ipAddress'],
    ['a node with an empty address', 'createNode', { ...NODE, ipAddress: '' }, 'BAD_USER_INPUT', 'input.ipAddress'],
    [
      'an address that is a command',
      'createNode',
      { ...NODE, ipAddress: '-oProxyCommand=id' },
      'BAD_USER_INPUT',
      'input.ipAddress',
    ],
    ['a port out of range', 'createNode', { ...NODE, port: 65536 }, 'BAD_USER_INPUT', 'input.port'],
    ['a node without credentials', 'createNode', { ...NODE, password: undefined }, 'BAD_USER_INPUT', 'input.password'],
    ['a node of an unknown instance', 'createNode', { ...NODE, instance: 'IN77' }, 'NOT_FOUND', 'input.instance'],
    [
      'a service of what is no instance',
      'createService',
      { ...SERVICE, instance: 'ND1' },
      'NOT_FOUND',
      'input.instance',
    ],
    [
      'options that do not fit the type',
      'createService',
      { ...SERVICE, options: { command: 'ls -l' } },
      'BAD_USER_INPUT',
      'input.options.command',
    ],
    [
      'an empty command',
      'createService',
      { ...SERVICE, options: { command: [''] } },
      'BAD_USER_INPUT',
      'input.options.command.0',
    ],
    [
      'a name that no environment has',
      'createService',
      { ...SERVICE, options: { command: ['true'], env: { 'A=B': '' } } },
      'BAD_USER_INPUT',
      'input.options.env',
    ],
    ['a log level that is none', 'createService', { ...SERVICE, logLevel: 'LOUD' }, 'BAD_USER_INPUT', 'input.logLevel'],
    ['a process of an unknown service', 'createProcess', { service: 'SV9', node: 'ND1' }, 'NOT_FOUND', 'input.service'],
    ['a process on an unknown node', 'createProcess', { service: 'SV1', node: 'ND9' }, 'NOT_FOUND', 'input.node'],
    [
      'a process across two instances',
      'createProcess',
      { service: 'SV1', node: 'ND1' },
      'BAD_USER_INPUT',
      'input.node',
    ],
  ])('%s', async (_what, mutation, input, code, field) => {
    const before = await gateway.run(EVERYTHING);
    const errors = await gateway.errors(MUTATIONS[mutation] as string, { input });
    expect(errors).toHaveLength(1);
    expect(errors[0]?.extensions).toEqual({ code, field });
    expect(errors[0]?.message).not.toMatch(/\n|stack|TypeError|SQLITE/);
    expect(await gateway.run(EVERYTHING)).toEqual(before);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it.each([
    [
      'updateInstance',
      'mutation { updateInstance(id: "IN9", input: { name: "x" }) { instance { id } } }',
      'NOT_FOUND',
      'id',
    ],
    ['deleteTenant', 'mutation { deleteTenant(id: "none") { id } }', 'NOT_FOUND', 'id'],
    [
      'addTenantToInstance',
      'mutation { addTenantToInstance(tenant: "acme", instance: "IN9") { instance { id } } }',
      'NOT_FOUND',
      'instance',
    ],
    [
      'addUserToTenant',
      'mutation { addUserToTenant(user: "x@y", tenant: "acme") { tenant { id } } }',
      'NOT_FOUND',
      'user',
    ],
    ['startProcess', 'mutation { startProcess(id: "none") { operation { id } } }', 'NOT_FOUND', 'id'],
    [
      'startAllServices',
      'mutation { startAllServices(instance: "IN9") { operation { id } } }',
      'NOT_FOUND',
      'instance',
    ],
    [
      'a wait of months',
      'mutation { stopService(id: "SV1", wait: "P1M") { operation { id } } }',
      'BAD_USER_INPUT',
      'wait',
    ],
    [
      'a wait of a day',
      'mutation { stopService(id: "SV1", wait: "P1D") { operation { id } } }',
      'BAD_USER_INPUT',
      'wait',
    ],
    [
      'clearing what is needed',
      'mutation { updateInstance(id: "IN1", input: { name: null }) { instance { id } } }',
      'BAD_USER_INPUT',
      'input.name',
    ],
    [
      'taking the last credential',
      'mutation { updateNode(id: "ND1", input: { password: null }) { node { id } } }',
      'BAD_USER_INPUT',
      'input.password',
    ],
    [
      'a fingerprint that is none',
      'mutation { trustHostKey(id: "ND1", type: "ssh-ed25519", fingerprint: "yes") { node { id } } }',
      'BAD_USER_INPUT',
      'fingerprint',
    ],
  ])('%s of what does not fit', async (_what, mutation, code, field) => {
    const [error] = await gateway.errors(mutation);
    expect(error?.extensions).toEqual({ code, field });
  });
});

describe('secrets in bad input', () => {
  it('a password that does not fit is not repeated', async () => {
    const canary = 'canary-5f1c';
    const attempts: [string, object][] = [
      ['createUser', { ...USER, password: { canary } }],
      ['createUser', { ...USER, password: `${canary}\0` }],
      ['createNode', { ...NODE, password: [canary] }],
      ['createNode', { ...NODE, privateKey: canary.repeat(5000) }],
      ['createNode', { ...NODE, ipAddress: '', password: canary }],
    ];
    for (const [mutation, input] of attempts) {
      const errors = await gateway.errors(MUTATIONS[mutation] as string, { input });
      expect(errors.length).toBeGreaterThan(0);
      expect(JSON.stringify(errors)).not.toContain(canary);
    }
    const [literal] = await gateway.errors(
      `mutation { createUser(input: { email: "a@b", name: "x", password: 4711 }) { user { email } } }`,
    );
    expect(JSON.stringify(literal)).not.toContain('4711');
    expect(gateway.log()).not.toContain(canary);
  });
});

describe('JSON that is as deep as it may be', () => {
  it('is kept, and read back inside of a deep answer', async () => {
    const stats = nested(100);
    const create =
      'mutation ($stats: JSONObject!) { createInstance(input: { name: "Deep", stats: $stats }) { instance { id } } }';
    const { createInstance } = await gateway.run(create, { stats });
    const { instance } = await gateway.run('query ($id: ID!) { instance(id: $id) { stats } }', {
      id: createInstance.instance.id,
    });
    expect(instance.stats).toEqual(stats);
    await gateway.run('mutation ($id: ID!) { deleteInstance(id: $id) { id } }', { id: createInstance.instance.id });
  });
});

describe('versions', () => {
  it('a change on top of a version that is no longer there is refused, and says what to do', async () => {
    const change =
      'mutation ($v: Int) { updateTenant(id: "acme", input: { rateLimit: 5 }, ifVersion: $v) { tenant { version rateLimit } } }';
    const { tenants } = await gateway.run('{ tenants { nodes { version } } }');
    const { version } = tenants.nodes[0];
    expect((await gateway.run(change, { v: version })).updateTenant.tenant).toEqual({
      version: version + 1,
      rateLimit: 5,
    });
    const [error] = await gateway.errors(change.replace('5', '6'), { v: version });
    expect(error).toMatchObject({
      message: expect.stringContaining('Read it again'),
      extensions: { code: 'VERSION_CONFLICT', field: 'ifVersion' },
    });
  });
});
