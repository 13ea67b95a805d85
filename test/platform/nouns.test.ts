// Every noun: created, read, listed, changed and deleted; and the relations between them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Data, startGateway, type TestGateway } from '../kit/gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
  await gateway.run('mutation { createInstance(input: { name: "Home" }) { instance { id } } }');
});

afterAll(() => gateway[Symbol.asyncDispose]());

interface Noun {
  readonly noun: string;
  readonly list: string;
  /** What is given at creation, and what comes back of it. */
  readonly create: Record<string, unknown>;
  readonly change: Record<string, unknown>;
  readonly fields: string;
  readonly key?: string;
  /** Given, but never given back. */
  readonly secret?: readonly string[];
}

const NOUNS: Noun[] = [
  {
    noun: 'Instance',
    list: 'instances',
    create: {
      name: 'X',
      zk: 'zk:2181',
      stats: { port: 1 },
      environments: [1, 2],
      plugins: [{ propertySetName: 'p', ownerId: 1 }],
      isActive: false,
    },
    change: { name: 'Y', zk: null, stats: null, environments: [], isActive: true },
    fields: 'name zk stats environments plugins isActive isDeploymentTarget',
  },
  {
    noun: 'Tenant',
    list: 'tenants',
    create: { id: 'acme', name: 'ACME', rateLimit: 5 },
    change: { name: 'A', rateLimit: null },
    fields: 'id name rateLimit',
  },
  {
    noun: 'User',
    list: 'users',
    key: 'email',
    create: { email: 'ada@example.com', name: 'Ada', password: 'secret', role: 'OPERATOR' },
    change: { name: 'Ada L.', role: 'ADMIN' },
    fields: 'email name role',
    secret: ['password'],
  },
  {
    noun: 'Integration',
    list: 'integrations',
    create: { id: 'echo', displayName: 'Echo', definition: { schema: [{ label: 'L' }] } },
    change: { displayName: null, definition: {} },
    fields: 'id displayName definition',
  },
  {
    noun: 'Node',
    list: 'nodes',
    create: {
      instance: 'IN1',
      name: 'n',
      ipAddress: '10.0.0.1',
      port: 2222,
      username: 'u',
      password: 'secret',
      description: 'two\nlines',
    },
    change: { name: 'm', status: false, ipAddress: 'host.example.com' },
    fields: 'name ipAddress port username description status',
    secret: ['instance', 'password'],
  },
  {
    noun: 'Service',
    list: 'services',
    create: {
      instance: 'IN1',
      name: 's',
      type: 'auth',
      logLevel: 'WARNING',
      options: { port: 8082 },
      restartPolicy: 'ON_FAILURE',
    },
    change: { logLevel: null, options: { port: 1, 'token-ttl': 2 }, restartPolicy: 'NEVER' },
    fields: 'name type logLevel options restartPolicy',
    secret: ['instance'],
  },
];

describe.each(NOUNS)('$noun', ({ noun, list, create, change, fields, key = 'id', secret = [] }) => {
  const field = noun.toLowerCase();
  const read = async (id: string) =>
    (await gateway.run(`query ($id: ID!) { ${field}(id: $id) { ${fields} version createdAt updatedAt } }`, { id }))[
      field
    ];
  const visible = Object.fromEntries(Object.entries(create).filter(([name]) => !secret.includes(name)));

  it('is created, read, listed, changed and deleted', async () => {
    const made = await gateway.run(
      `mutation ($input: Create${noun}Input!) { create${noun}(input: $input) { ${field} { ${key} ${fields} } } }`,
      { input: create },
    );
    const { [key]: id, ...rest } = made[`create${noun}`][field];
    expect({ [key]: id, ...rest }).toMatchObject(visible);
    expect(await read(id)).toMatchObject({
      ...visible,
      version: expect.any(Number),
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });

    const listed = await gateway.run(`{ ${list}(last: 100) { nodes { ${key} } totalCount } }`);
    expect(listed[list].nodes.map((node: Data) => node[key])).toContain(id);

    const { version } = await read(id);
    const changed = await gateway.run(
      `mutation ($id: ID!, $input: Update${noun}Input!, $v: Int) { update${noun}(id: $id, input: $input, ifVersion: $v) { ${field} { ${fields} version } } }`,
      { id, input: change, v: version },
    );
    expect(changed[`update${noun}`][field]).toMatchObject({ ...visible, ...change, version: version + 1 });

    expect(await gateway.run(`mutation ($id: ID!) { delete${noun}(id: $id) { id } }`, { id })).toEqual({
      [`delete${noun}`]: { id },
    });
    expect(await read(id)).toBeNull();
  });
});

describe('relations', () => {
  const relations =
    '{ tenants { nodes { id instance { id } users { nodes { email } } integrations { nodes { id } } } } instances { nodes { id tenants { nodes { id } } } } }';
  const tenant = async () => (await gateway.run(relations)).tenants.nodes[0];

  beforeAll(async () => {
    for (const mutation of [
      'createTenant(input: { id: "t", name: "T" }) { tenant { id } }',
      'createInstance(input: { name: "Second" }) { instance { id } }',
      'createUser(input: { email: "bob@example.com", name: "Bob", password: "p" }) { user { email } }',
      'createIntegration(input: { id: "datasift" }) { integration { id } }',
    ]) {
      await gateway.run(`mutation { ${mutation} }`);
    }
  });

  it('a tenant is on one instance at most: adding it to another takes it from the first', async () => {
    const second = (await gateway.run('{ instances(last: 1) { nodes { id } } }')).instances.nodes[0].id;
    const add = (instance: string) =>
      gateway.run(
        'mutation ($i: ID!) { addTenantToInstance(tenant: "t", instance: $i) { tenant { id } instance { id } } }',
        { i: instance },
      );
    expect(await add('IN1')).toEqual({ addTenantToInstance: { tenant: { id: 't' }, instance: { id: 'IN1' } } });
    await add(second);
    expect((await tenant()).instance).toEqual({ id: second });
    const { instances } = await gateway.run(relations);
    expect(instances.nodes.map((node: Data) => [node.id, node.tenants.nodes.length])).toEqual([
      ['IN1', 0],
      [second, 1],
    ]);
    const [error] = await gateway.errors(
      'mutation { removeTenantFromInstance(tenant: "t", instance: "IN1") { tenant { id } } }',
    );
    expect(error?.extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'instance' });
    await gateway.run('mutation { removeTenantFromInstance(tenant: "t") { tenant { id } instance { id } } }');
    expect((await tenant()).instance).toBeNull();
  });

  it('users and integrations are added to a tenant and removed; twice changes nothing more', async () => {
    for (const times of [1, 2]) {
      await gateway.run(
        'mutation { addUserToTenant(user: "bob@example.com", tenant: "t") { user { email } tenant { id } } }',
      );
      await gateway.run(
        'mutation { addIntegrationToTenant(integration: "datasift", tenant: "t") { integration { id } tenant { id } } }',
      );
      expect([times, await tenant()]).toMatchObject([
        times,
        { users: { nodes: [{ email: 'bob@example.com' }] }, integrations: { nodes: [{ id: 'datasift' }] } },
      ]);
    }
    for (const times of [1, 2]) {
      await gateway.run('mutation { removeUserFromTenant(user: "bob@example.com", tenant: "t") { user { email } } }');
      await gateway.run(
        'mutation { removeIntegrationFromTenant(integration: "datasift", tenant: "t") { integration { id } } }',
      );
      expect([times, await tenant()]).toMatchObject([times, { users: { nodes: [] }, integrations: { nodes: [] } }]);
    }
  });

  it('the tenants of a user are replaced as a whole', async () => {
    await gateway.run('mutation { updateUser(id: "bob@example.com", input: { tenants: ["t"] }) { user { email } } }');
    expect((await tenant()).users.nodes).toHaveLength(1);
    await gateway.run('mutation { updateUser(id: "bob@example.com", input: { name: "Bob" }) { user { email } } }');
    expect((await tenant()).users.nodes).toHaveLength(1);
    await gateway.run('mutation { updateUser(id: "bob@example.com", input: { tenants: [] }) { user { email } } }');
    expect((await tenant()).users.nodes).toHaveLength(0);
  });

  it('deleting a tenant leaves its users and integrations', async () => {
    await gateway.run('mutation { addUserToTenant(user: "bob@example.com", tenant: "t") { user { email } } }');
    await gateway.run('mutation { deleteTenant(id: "t") { id } }');
    expect(
      await gateway.run(
        '{ user(id: "bob@example.com") { tenants { totalCount } } integration(id: "datasift") { id } }',
      ),
    ).toEqual({
      user: { tenants: { totalCount: 0 } },
      integration: { id: 'datasift' },
    });
  });
});

describe('operations', () => {
  it('are listed newest first, filtered, and deleted once they have ended', async () => {
    const { createService } = await gateway.run(
      'mutation { createService(input: { instance: "IN1", name: "idle", type: "auth" }) { service { id } } }',
    );
    const ids: string[] = [];
    for (const mutation of ['startService', 'stopService']) {
      const data = await gateway.run(`mutation ($id: ID!) { ${mutation}(id: $id) { operation { id state } } }`, {
        id: createService.service.id,
      });
      expect(data[mutation].operation.state).toBe('SUCCEEDED');
      ids.unshift(data[mutation].operation.id);
    }
    expect(
      (await gateway.run('{ operations { nodes { id } } }')).operations.nodes.map((node: Data) => node.id),
    ).toEqual(ids);
    expect(
      (await gateway.run('{ operations(filter: { kind: [STOP], state: [SUCCEEDED] }) { nodes { id } } }')).operations
        .nodes,
    ).toEqual([{ id: ids[0] }]);
    await gateway.run('mutation ($id: ID!) { deleteOperation(id: $id) { id } }', { id: ids[0] });
    expect((await gateway.run('{ operations { totalCount } }')).operations.totalCount).toBe(1);
  });
});
