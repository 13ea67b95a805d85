// A random walk through GraphQL alone, and the same walk with some of its steps through the dialects, leave the same store.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { rest } from '../kit/rest.ts';

interface Step {
  readonly mutation: string;
  readonly variables: (gateway: TestGateway) => Promise<Record<string, unknown>>;
  readonly request: (gateway: TestGateway) => Promise<readonly [method: string, path: string, body?: object]>;
}

const kebab = (input: object) =>
  Object.fromEntries(
    Object.entries(input).map(([key, value]) => [key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), value]),
  );

/** A step whose variables and body do not depend on what the gateway has made up. */
const step = (
  mutation: string,
  variables: Record<string, unknown>,
  ...request: readonly [string, string, object?]
): Step => ({
  mutation,
  variables: async () => variables,
  request: async () => request,
});

// Small spaces, so that steps meet what others left behind, and what is not there.
const id = (prefix: string) => fc.integer({ min: 1, max: 3 }).map((number) => `${prefix}${number}`);
const text = fc.constantFrom('a', 'B c', 'é\u{1f600}', ' x ', '');
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const some = <T extends object>(shape: { [key in keyof T]: fc.Arbitrary<T[key]> }) =>
  fc.record(shape, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
const json = fc.dictionary(
  fc.constantFrom('port', 'a-b', '$ne', '__raw'),
  fc.constantFrom(1, null, 'x', [1, { b: null }]),
);

const addresses = { auth: maybe(text), api: maybe(text), events: maybe(text), stats: maybe(json) };
const topology = {
  description: text,
  groupCode: text,
  subGroupCode: text,
  isActive: fc.boolean(),
  isDeploymentTarget: fc.boolean(),
  environments: fc.array(fc.nat(9), { maxLength: 3 }),
  plugins: fc.array(json, { maxLength: 2 }),
};

const INSTANCE_INPUT = 'mutation ($input: CreateInstanceInput!) { createInstance(input: $input) { instance { id } } }';
const update = (noun: string, field = noun.toLowerCase()) =>
  `mutation ($id: ID!, $input: Update${noun}Input!) { update${noun}(id: $id, input: $input) { ${field} { id: __typename } } }`;
const create = (noun: string) =>
  `mutation ($input: Create${noun}Input!) { create${noun}(input: $input) { ${noun.toLowerCase()} { id: __typename } } }`;
const remove = (noun: string) => `mutation ($id: ID!) { delete${noun}(id: $id) { id } }`;
const pair = (mutation: string, one: string, other: string) =>
  `mutation ($one: ID!, $other: ID!) { ${mutation}(${one}: $one, ${other}: $other) { tenant { id } } }`;

/** What the dialect sets where a PUT says nothing. */
const replaced = (given: object) => ({
  description: null,
  groupCode: null,
  subGroupCode: null,
  isActive: true,
  isDeploymentTarget: true,
  environments: [],
  workflows: [],
  plugins: [],
  ...given,
});

/** The topology's names for two attributes. */
const asTopology = ({ name, ...rest }: { name?: string }) => ({
  ...rest,
  ...(name !== undefined && { instanceName: name }),
});
const TOPOLOGY = '/flexdeploy/rest/topology/instance';

const instances = [
  fc
    .record({ name: text, zk: text, redis: text, ...addresses }, { requiredKeys: ['name', 'zk', 'redis'] })
    .map((input) => step(INSTANCE_INPUT, { input }, 'POST', '/1.0/instances', input)),
  fc
    .tuple(id('IN'), some({ name: text, zk: maybe(text), ...addresses }))
    .map(([instance, input]) =>
      step(update('Instance'), { id: instance, input }, 'PUT', `/1.0/instances/${instance}`, input),
    ),
  id('IN').map((instance) => step(remove('Instance'), { id: instance }, 'DELETE', `/1.0/instances/${instance}`)),
  fc
    .tuple(fc.record({ name: text, instanceCode: text }), some(topology))
    .map(([named, rest]) =>
      step(INSTANCE_INPUT, { input: { ...named, ...rest } }, 'POST', TOPOLOGY, asTopology({ ...named, ...rest })),
    ),
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.record({ name: text, instanceCode: text }), some(topology))
    .map(([number, named, rest]) =>
      step(
        update('Instance'),
        { id: `IN${number}`, input: replaced({ ...named, ...rest }) },
        'PUT',
        `${TOPOLOGY}/${number}`,
        asTopology({ ...named, ...rest }),
      ),
    ),
  fc.tuple(fc.integer({ min: 1, max: 3 }), some({ name: text, ...topology })).map(([number, input]) =>
    step(update('Instance'), { id: `IN${number}`, input }, 'PATCH', `${TOPOLOGY}/${number}`, {
      ...asTopology(input),
      workflows: null,
    }),
  ),
];

const tenants = [
  fc
    .tuple(id('t'), text, some({ rateLimit: maybe(fc.nat(9)) }))
    .map(([tenant, name, rest]) => ({ id: tenant, name, ...rest }))
    .map((input) => step(create('Tenant'), { input }, 'POST', '/1.0/tenants', kebab(input))),
  fc
    .tuple(id('t'), some({ name: text, rateLimit: maybe(fc.nat(9)) }))
    .map(([tenant, input]) =>
      step(update('Tenant'), { id: tenant, input }, 'PUT', `/1.0/tenants/${tenant}`, kebab(input)),
    ),
  id('t').map((tenant) => step(remove('Tenant'), { id: tenant }, 'DELETE', `/1.0/tenants/${tenant}`)),
  fc.tuple(id('t'), id('IN')).map(([one, other]) =>
    step(pair('addTenantToInstance', 'tenant', 'instance'), { one, other }, 'POST', `/1.0/tenants/${one}/instance`, {
      id: other,
    }),
  ),
  id('t').map((tenant) =>
    step(
      'mutation ($id: ID!) { removeTenantFromInstance(tenant: $id) { tenant { id } } }',
      { id: tenant },
      'DELETE',
      `/1.0/tenants/${tenant}/instance`,
    ),
  ),
  fc
    .tuple(id('t'), id('i'), fc.boolean())
    .map(([one, other, isAdded]) =>
      step(
        pair(isAdded ? 'addIntegrationToTenant' : 'removeIntegrationFromTenant', 'tenant', 'integration'),
        { one, other },
        isAdded ? 'POST' : 'DELETE',
        `/1.0/tenants/${one}/integrations/${other}`,
      ),
    ),
  fc
    .tuple(id('u@x'), id('t'), fc.boolean())
    .map(([one, other, isAdded]) =>
      step(
        pair(isAdded ? 'addUserToTenant' : 'removeUserFromTenant', 'user', 'tenant'),
        { one, other },
        isAdded ? 'POST' : 'DELETE',
        `/1.0/users/${one}/tenants/${other}`,
      ),
    ),
];

const users = [
  fc
    .tuple(id('u@x'), text, some({ tenants: fc.array(id('t'), { maxLength: 2 }) }))
    .map(([email, name, rest]) => ({ email, name, password: 'p', ...rest }))
    .map((input) => step(create('User'), { input }, 'POST', '/1.0/users', input)),
  fc
    .tuple(id('u@x'), some({ name: text, tenants: fc.array(id('t'), { maxLength: 2 }) }))
    .map(([email, input]) => step(update('User'), { id: email, input }, 'PUT', `/1.0/users/${email}`, input)),
  id('u@x').map((email) => step(remove('User'), { id: email }, 'DELETE', `/1.0/users/${email}`)),
];

const parts = { schema: fc.array(json, { maxLength: 2 }), endpoint: json, listener: json };
const integrations = [
  fc
    .tuple(id('i'), some({ display: text }), some(parts))
    .map(([integration, { display }, definition]) =>
      step(
        create('Integration'),
        { input: { id: integration, definition, ...(display !== undefined && { displayName: display }) } },
        'POST',
        '/1.0/integrations',
        { id: integration, ...(display !== undefined && { display }), ...definition },
      ),
    ),
  fc
    .tuple(id('i'), some(parts))
    .map(([integration, definitionChanges]) =>
      step(
        update('Integration'),
        { id: integration, input: { definitionChanges } },
        'PUT',
        `/1.0/integrations/${integration}`,
        definitionChanges,
      ),
    ),
  id('i').map((integration) =>
    step(remove('Integration'), { id: integration }, 'DELETE', `/1.0/integrations/${integration}`),
  ),
];

/** Where `/1.0` has a node or service: below its instance. */
const below = (noun: 'node' | 'service', thing: string) => async (gateway: TestGateway) => {
  const data = await gateway.run(`query ($id: ID!) { ${noun}(id: $id) { instance { id } } }`, { id: thing });
  return `/1.0/instances/${data[noun]?.instance.id ?? 'IN1'}/${noun}s/${thing}`;
};

const within = (noun: 'Node' | 'Service', thing: string, input?: object): Step => ({
  mutation: input ? update(noun) : remove(noun),
  variables: async () => (input ? { id: thing, input } : { id: thing }),
  request: async (gateway) => {
    const path = await below(noun === 'Node' ? 'node' : 'service', thing)(gateway);
    return input ? ['PUT', path, lowered(kebab(input))] : ['DELETE', path];
  },
});

const lowered = (body: Record<string, unknown>) => {
  const level = body['log-level'];
  return typeof level === 'string' ? { ...body, 'log-level': level.toLowerCase() } : body;
};

const node = {
  name: text,
  ipAddress: fc.constantFrom('127.0.0.1', 'no host!'),
  username: text,
  password: fc.constantFrom('p', '********'),
};
const nodeMore = { description: maybe(text), status: fc.boolean() };
const service = { name: text, type: fc.constantFrom('auth', 'command') };
const serviceMore = {
  description: maybe(text),
  logLevel: maybe(fc.constantFrom('WARN', 'WARNING', 'TRACE')),
  options: json,
};

const machines = [
  fc.tuple(id('IN'), fc.record(node), some(nodeMore)).map(([instance, required, more]) => {
    const input = { ...required, ...more };
    return step(
      create('Node'),
      { input: { instance, ...input } },
      'POST',
      `/1.0/instances/${instance}/nodes`,
      kebab(input),
    );
  }),
  fc.tuple(id('ND'), some({ ...node, ...nodeMore })).map(([thing, input]) => within('Node', thing, input)),
  id('ND').map((thing) => within('Node', thing)),
  fc.tuple(id('IN'), fc.record(service), some(serviceMore)).map(([instance, required, more]) => {
    const input = { ...required, ...more };
    return step(
      create('Service'),
      { input: { instance, ...input } },
      'POST',
      `/1.0/instances/${instance}/services`,
      lowered(kebab(input)),
    );
  }),
  fc.tuple(id('SV'), some({ ...service, ...serviceMore })).map(([thing, input]) => within('Service', thing, input)),
  id('SV').map((thing) => within('Service', thing)),
];

/** Processes have ids that no two gateways share: they are known by the order of their creation. */
const processAt = async (gateway: TestGateway, place: number): Promise<string> => {
  const { processes } = await gateway.run('{ processes { nodes { id } } }');
  return processes.nodes[place]?.id ?? '00000000-0000-4000-8000-000000000000';
};

const processes = [
  fc
    .record({ instance: id('IN'), service: id('SV'), node: id('ND') })
    .map((input) => step(create('Process'), { input }, 'POST', '/1.0/processes', input)),
  fc.nat(2).map(
    (place): Step => ({
      mutation: remove('Process'),
      variables: async (gateway) => ({ id: await processAt(gateway, place) }),
      request: async (gateway) => ['DELETE', `/1.0/processes/${await processAt(gateway, place)}`],
    }),
  ),
];

const SECRET_OR_TIME = /_at$|_sealed$|^client_id$|^password_hash$/;

/** Every row of the store, without what differs between any two gateways. */
function dump(gateway: TestGateway): unknown {
  const database = new Database(join(gateway.folder, 'gantry.db'), { readonly: true });
  try {
    const tables = database
      .prepare(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite%' and name not like '%migration%' order by name",
      )
      .pluck()
      .all() as string[];
    return Object.fromEntries(
      tables.map((table) => [
        table,
        (database.prepare(`select * from "${table}" order by rowid`).all() as Record<string, unknown>[]).map((row) =>
          Object.fromEntries(
            Object.entries(row).map(([column, value]) => [
              column,
              SECRET_OR_TIME.test(column) || (table === 'process' && column === 'id') ? typeof value : value,
            ]),
          ),
        ),
      ]),
    );
  } finally {
    database.close();
  }
}

const steps = fc.oneof(
  ...instances,
  ...tenants,
  ...users,
  ...integrations,
  ...machines,
  ...machines,
  ...processes,
  ...processes,
);

it('leaves the same store, whichever way each step goes', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(steps, fc.integer({ min: 0, max: 3 })), { minLength: 20, maxLength: 60 }),
      async (walk) => {
        await using graph = await startGateway();
        await using mixed = await startGateway();
        for (const [each, way] of walk) {
          const errors = await graph.errors(each.mutation, await each.variables(graph));
          if (way === 0) await mixed.errors(each.mutation, await each.variables(mixed));
          else {
            const [method, path, body] = await each.request(mixed);
            const answer = await rest(mixed.url, method, path, { body });
            expect([answer.status < 300, answer.text], JSON.stringify([method, path, body, errors])).toEqual([
              errors.length === 0,
              expect.anything(),
            ]);
            expect(answer.status).toBeLessThan(500);
          }
        }
        expect(dump(mixed)).toEqual(dump(graph));
      },
    ),
    { numRuns: 12, endOnFailure: true },
  );
}, 180_000);
