// A gateway that asks who one is, with two tenants beside each other: users of the one are to know nothing of the other.
import { buriedProcess } from './buried.ts';
import { type Asking, startGateway, type TestGateway } from './gateway.ts';

export const PASSWORD = 'correct horse battery staple';
export const ROLES = ['ADMIN', 'OPERATOR', 'VIEWER'] as const;
export type Role = (typeof ROLES)[number];

/** One of each thing that belongs to a tenant; ids as the graph shows them. Names hold the name of the side. */
export interface Side {
  readonly Tenant: string;
  readonly Instance: string;
  readonly User: string;
  readonly Integration: string;
  readonly Node: string;
  readonly Service: string;
  readonly Process: string;
  readonly Operation: string;
  readonly Tombstone: string;
  readonly Token: string;
}

export interface House extends AsyncDisposable {
  readonly gateway: TestGateway;
  readonly admin: Asking;
  /** Users of the side `own`, by role; ADMIN is of no side. */
  readonly by: Readonly<Record<Role, Asking>>;
  readonly own: Side;
  readonly foreign: Side;
}

export const emailOf = (role: Role) => `${role.toLowerCase()}@own.example`;

export async function openHouse(settings: Record<string, string> = {}): Promise<House> {
  const gateway = await startGateway({ GANTRY_ACCESS: 'token', ...settings });
  const first = gateway.as(`Bearer ${gateway.firstToken}`);
  await createUser(first, emailOf('ADMIN'), 'ADMIN');
  const admin = gateway.as(`Bearer ${await logIn(gateway, emailOf('ADMIN'))}`);
  const own = await createSide(gateway, admin, 'own');
  const foreign = await createSide(gateway, admin, 'foreign');
  const by: Record<string, Asking> = { ADMIN: admin };
  for (const role of ['OPERATOR', 'VIEWER'] as const) {
    await createUser(admin, emailOf(role), role, [own.Tenant]);
    by[role] = gateway.as(`Bearer ${await logIn(gateway, emailOf(role))}`);
  }
  return {
    gateway,
    admin,
    by: by as House['by'],
    own,
    foreign,
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

export async function logIn(gateway: Asking, email: string, password = PASSWORD): Promise<string> {
  const data = await gateway.run('mutation ($input: LogInInput!) { logIn(input: $input) { text } }', {
    input: { email, password },
  });
  return data.logIn.text;
}

export const createUser = (by: Asking, email: string, role: Role, tenants: readonly string[] = []) =>
  create(by, 'User', { email, name: email, password: PASSWORD, role, tenants }, 'email');

async function create(by: Asking, noun: string, input: object, id = 'id'): Promise<string> {
  const field = noun.toLowerCase();
  const document = `mutation ($input: Create${noun}Input!) { create${noun}(input: $input) { ${field} { ${id} } } }`;
  return (await by.run(document, { input }))[`create${noun}`][field][id];
}

async function createSide(gateway: TestGateway, by: Asking, side: string): Promise<Side> {
  const Tenant = await create(by, 'Tenant', { id: `${side}-tenant`, name: `${side} tenant` });
  const Instance = await create(by, 'Instance', { name: `${side} instance`, zk: `${side}.example:2181` });
  await by.run(`mutation { addTenantToInstance(tenant: "${Tenant}", instance: "${Instance}") { tenant { id } } }`);
  const User = await createUser(by, `member@${side}.example`, 'VIEWER', [Tenant]);
  const Integration = await create(by, 'Integration', {
    id: `${side}-integration`,
    displayName: `${side} integration`,
    definition: { at: `${side}.example` },
  });
  await by.run(
    `mutation { addIntegrationToTenant(integration: "${Integration}", tenant: "${Tenant}") { tenant { id } } }`,
  );
  // Closed for deployment: nothing is ever started there, and nobody looks for it.
  const Node = await create(by, 'Node', {
    instance: Instance,
    name: `${side} node`,
    ipAddress: '127.0.0.1',
    port: 1,
    username: side,
    password: 'x',
  });
  const Service = await create(by, 'Service', {
    instance: Instance,
    name: `${side} service`,
    type: 'command',
    options: { command: ['sleep', '1000'], env: { SIDE: side } },
  });
  const Process = await create(by, 'Process', { service: Service, node: Node });
  const { stopProcess } = await by.run(`mutation { stopProcess(id: "${Process}") { operation { id } } }`);
  const { createToken } = await by.run(
    `mutation { createToken(input: { name: "${side} token", user: "${User}" }) { token { id } } }`,
  );
  const named = { serviceName: `${side} service`, nodeName: `${side} node` };
  const Tombstone = await buriedProcess(gateway, { ...named, instanceId: Instance, serviceId: Service, nodeId: Node });
  const ids = { Tenant, Instance, User, Integration, Node, Service, Process, Tombstone };
  return { ...ids, Operation: stopProcess.operation.id, Token: createToken.token.id };
}
