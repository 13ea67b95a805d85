// Steps with instances, tenants, users and integrations.
import fc from 'fast-check';
import { create, INSTANCE_INPUT, id, json, kebab, maybe, pair, remove, some, step, text, update } from './step.ts';

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

export const instances = [
  fc
    .record({ name: text, zk: text, redis: text, ...addresses }, { requiredKeys: ['name', 'zk', 'redis'] })
    .map((input) => step(INSTANCE_INPUT, { input }, 'POST', '/1.0/instances', input)),
  fc
    .tuple(id('IN'), some({ name: text, zk: maybe(text), ...addresses }))
    .map(([instance, input]) =>
      step(update('Instance'), { id: instance, input }, 'PUT', `/1.0/instances/${instance}`, input),
    ),
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

export const tenants = [
  fc
    .tuple(id('t'), text, some({ rateLimit: maybe(fc.nat(9)) }))
    .map(([tenant, name, rest]) => ({ id: tenant, name, ...rest }))
    .map((input) => step(create('Tenant'), { input }, 'POST', '/1.0/tenants', kebab(input))),
  fc
    .tuple(id('t'), some({ name: text, rateLimit: maybe(fc.nat(9)) }))
    .map(([tenant, input]) =>
      step(update('Tenant'), { id: tenant, input }, 'PUT', `/1.0/tenants/${tenant}`, kebab(input)),
    ),
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

export const users = [
  fc
    .tuple(id('u@x'), text, some({ tenants: fc.array(id('t'), { maxLength: 2 }) }))
    .map(([email, name, rest]) => ({ email, name, password: 'p', ...rest }))
    .map((input) => step(create('User'), { input }, 'POST', '/1.0/users', input)),
  fc
    .tuple(id('u@x'), some({ name: text, tenants: fc.array(id('t'), { maxLength: 2 }) }))
    .map(([email, input]) => step(update('User'), { id: email, input }, 'PUT', `/1.0/users/${email}`, input)),
];

const parts = { schema: fc.array(json, { maxLength: 2 }), endpoint: json, listener: json };
export const integrations = [
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
];

export const itemsGone = [
  id('IN').map((instance) => step(remove('Instance'), { id: instance }, 'DELETE', `/1.0/instances/${instance}`)),
  id('t').map((tenant) => step(remove('Tenant'), { id: tenant }, 'DELETE', `/1.0/tenants/${tenant}`)),
  id('u@x').map((email) => step(remove('User'), { id: email }, 'DELETE', `/1.0/users/${email}`)),
  id('i').map((integration) =>
    step(remove('Integration'), { id: integration }, 'DELETE', `/1.0/integrations/${integration}`),
  ),
];

/** What every walk begins with, so that there is something to walk on. */
export const firstItems = [1, 2].flatMap((number) => {
  const instance = { name: 'a', zk: 'b', redis: 'c' };
  const tenant = { id: `t${number}`, name: 'a' };
  const user = { email: `u@x${number}`, name: 'a', password: 'p' };
  const integration = { id: `i${number}` };
  return [
    step(INSTANCE_INPUT, { input: instance }, 'POST', '/1.0/instances', instance),
    step(create('Tenant'), { input: tenant }, 'POST', '/1.0/tenants', tenant),
    step(create('User'), { input: user }, 'POST', '/1.0/users', user),
    step(
      create('Integration'),
      { input: { ...integration, definition: {} } },
      'POST',
      '/1.0/integrations',
      integration,
    ),
  ];
});
