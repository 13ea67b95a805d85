// Every mutation of the schema, with an input for it, another one, and what it needs to be there first.
import { buriedProcess } from '../../kit/buried.ts';
import type { TestGateway } from '../../kit/gateway.ts';

type Input = Readonly<Record<string, unknown>>;

export interface Repeated {
  /** After how many transactions it is cut at the most; all of its own if not said. The operation that it becomes has more, which go on by themselves. */
  readonly cuts?: number;
  readonly input: Input;
  /** What the same key is refused for. */
  readonly other: Input;
  /** Selection on the payload. */
  readonly answer: string;
  /** Makes what it is about; answers with the id, which stands in for `$made`. */
  readonly given?: (gateway: TestGateway) => Promise<string>;
}

/** Passwords to look for where they must not be. */
export const CANARY = 'canary-5f1c';

const made = async (gateway: TestGateway, mutation: string, field: string): Promise<string> => {
  const data = await gateway.run(`mutation { made: ${mutation} }`);
  return data.made[field].id;
};
const newProcess = (gateway: TestGateway, service = 'SV1') =>
  made(gateway, `createProcess(input: { service: "${service}", node: "ND1" }) { process { id } }`, 'process');
const running = async (gateway: TestGateway, service?: string) => {
  const id = await newProcess(gateway, service);
  await gateway.run(`mutation { startProcess(id: "${id}", wait: "PT1M") { operation { id } } }`);
  return id;
};
/** An operation that waits behind a stop which takes minutes. */
const waiting = async (gateway: TestGateway) => {
  const id = await running(gateway, 'SV3');
  await gateway.run(`mutation { stopProcess(id: "${id}", wait: "PT0S") { operation { id } } }`);
  return made(gateway, `stopProcess(id: "${id}", wait: "PT0S") { operation { id } }`, 'operation');
};

const ID = '$made';
const CUTS = 5;
const OPERATION = 'operation { kind state targetId steps { nodes { state } } }';
const ROLLING = `count batches { number } ${OPERATION}`;
const DELETED = 'id';
const TENANT_INSTANCE = 'tenant { id } instance { id }';
const USER_TENANT = 'user { email } tenant { id }';
const INTEGRATION_TENANT = 'integration { id } tenant { id }';
const KEY = { type: 'ssh-ed25519', fingerprint: `SHA256:${'A'.repeat(43)}` };
const NODE = { instance: 'IN1', name: 'n', ipAddress: '127.0.0.1', username: 'u', password: CANARY };
const SERVICE = {
  instance: 'IN1',
  name: 's',
  type: 'command',
  options: { command: ['true'], b: 1, a: [{ z: 1, y: 2 }] },
};

export const MUTATIONS: Readonly<Record<string, Repeated>> = {
  createInstance: {
    input: { input: { name: 'One more' } },
    other: { input: { name: 'Another' } },
    answer: 'instance { id version }',
  },
  updateInstance: {
    input: { id: 'IN1', input: { zk: 'zk:1' } },
    other: { id: 'IN2', input: { zk: 'zk:1' } },
    answer: 'instance { id version zk }',
  },
  deleteInstance: { input: { id: 'IN2' }, other: { id: 'IN1' }, answer: DELETED },

  createTenant: {
    input: { input: { id: 'new', name: 'New' } },
    other: { input: { id: 'new', name: 'New', rateLimit: null } },
    answer: 'tenant { id version }',
  },
  updateTenant: {
    input: { id: 'acme', input: { rateLimit: 1 } },
    other: { id: 'acme', input: { rateLimit: null } },
    answer: 'tenant { version rateLimit }',
  },
  deleteTenant: { input: { id: 'acme' }, other: { id: 'bare' }, answer: DELETED },
  addTenantToInstance: {
    input: { tenant: 'bare', instance: 'IN2' },
    other: { tenant: 'bare', instance: 'IN1' },
    answer: TENANT_INSTANCE,
  },
  removeTenantFromInstance: { input: { tenant: 'acme' }, other: { tenant: 'bare' }, answer: TENANT_INSTANCE },

  createUser: {
    input: { input: { email: 'new@example.com', name: 'New', password: CANARY } },
    other: { input: { email: 'new@example.com', name: 'New', password: 'other' } },
    answer: 'user { email clientId version }',
  },
  updateUser: {
    input: { id: 'ian@example.com', input: { password: CANARY, tenants: ['bare'] } },
    other: { id: 'ian@example.com', input: { password: CANARY } },
    answer: 'user { version tenants { nodes { id } } }',
  },
  deleteUser: { input: { id: 'ian@example.com' }, other: { id: 'x@example.com' }, answer: DELETED },
  addUserToTenant: {
    input: { user: 'ian@example.com', tenant: 'bare' },
    other: { user: 'ian@example.com', tenant: 'acme' },
    answer: USER_TENANT,
  },
  removeUserFromTenant: {
    input: { user: 'ian@example.com', tenant: 'acme' },
    other: { user: 'ian@example.com', tenant: 'bare' },
    answer: USER_TENANT,
  },

  createIntegration: {
    input: { input: { id: 'chat', definition: { b: 1, a: 2 } } },
    other: { input: { id: 'chat', definition: { b: 2, a: 1 } } },
    answer: 'integration { id definition }',
  },
  updateIntegration: {
    input: { id: 'mail', input: { displayName: 'Mail' } },
    other: { id: 'mail', input: { displayName: 'mail' } },
    answer: 'integration { version }',
  },
  deleteIntegration: { input: { id: 'mail' }, other: { id: 'chat' }, answer: DELETED },
  addIntegrationToTenant: {
    input: { integration: 'mail', tenant: 'bare' },
    other: { integration: 'mail', tenant: 'acme' },
    answer: INTEGRATION_TENANT,
  },
  removeIntegrationFromTenant: {
    input: { integration: 'mail', tenant: 'acme' },
    other: { integration: 'mail', tenant: 'bare' },
    answer: INTEGRATION_TENANT,
  },

  createNode: { input: { input: NODE }, other: { input: { ...NODE, password: 'p' } }, answer: 'node { id version }' },
  updateNode: {
    input: { id: 'ND2', input: { port: 10, password: CANARY } },
    other: { id: 'ND2', input: { port: 10 } },
    answer: 'node { id version port }',
  },
  deleteNode: { input: { id: 'ND2' }, other: { id: 'ND2', force: true }, answer: DELETED },
  pingNode: { input: { id: 'ND1' }, other: { id: 'ND2' }, answer: 'node { id } reachable reason hostKeys system' },
  trustHostKey: { input: { id: 'ND2', ...KEY }, other: { id: 'ND1', ...KEY }, answer: 'node { version hostKeys }' },

  createService: {
    input: { input: SERVICE },
    other: { input: { ...SERVICE, options: { command: ['false'] } } },
    answer: 'service { id options }',
  },
  updateService: {
    input: { id: 'SV2', input: { logLevel: 'WARN' } },
    other: { id: 'SV2', input: { logLevel: 'INFO' } },
    answer: 'service { version logLevel }',
  },
  deleteService: { input: { id: 'SV2' }, other: { id: 'SV1' }, answer: DELETED },
  startService: { input: { id: 'SV2' }, other: { id: 'SV1' }, answer: OPERATION },
  stopService: { input: { id: 'SV2' }, other: { id: 'SV1' }, answer: OPERATION },
  restartService: { input: { id: 'SV2' }, other: { id: 'SV1' }, answer: OPERATION },
  startAllServices: { input: { instance: 'IN2' }, other: { instance: 'IN1' }, answer: OPERATION },
  stopAllServices: { input: { instance: 'IN2' }, other: { instance: 'IN1' }, answer: OPERATION },

  rollingRestartService: { input: { id: 'SV2' }, other: { id: 'SV1' }, answer: ROLLING },
  rollingRestartAllServices: {
    input: { instance: 'IN2', input: { onFailure: 'CONTINUE' } },
    other: { instance: 'IN2' },
    answer: ROLLING,
  },

  createProcess: {
    input: { input: { service: 'SV1', node: 'ND1' } },
    other: { input: { service: 'SV2', node: 'ND1' } },
    answer: 'process { id status }',
  },
  deleteProcess: { input: { id: ID }, other: { id: ID, force: true }, answer: DELETED, given: running },
  startProcess: {
    cuts: CUTS,
    input: { id: ID, wait: 'PT1M' },
    other: { id: 'x' },
    answer: OPERATION,
    given: newProcess,
  },
  stopProcess: { cuts: CUTS, input: { id: ID, wait: 'PT1M' }, other: { id: 'x' }, answer: OPERATION, given: running },
  restartProcess: {
    cuts: CUTS,
    input: { id: ID, wait: 'PT1M' },
    other: { id: 'x' },
    answer: OPERATION,
    given: newProcess,
  },

  revokeToken: {
    input: { id: ID },
    other: { id: 'x' },
    // Its id is made up at random.
    answer: '__typename',
    given: (gateway) =>
      made(gateway, 'createToken(input: { name: "t", user: "ian@example.com" }) { token { id } }', 'token'),
  },
  cancelOperation: { input: { id: ID }, other: { id: 'x' }, answer: OPERATION, given: waiting },
  deleteOperation: {
    input: { id: ID },
    other: { id: 'x' },
    answer: DELETED,
    given: (gateway) => made(gateway, 'startService(id: "SV2") { operation { id } }', 'operation'),
  },
  deleteTombstone: { input: { id: ID }, other: { id: 'x' }, answer: DELETED, given: buriedProcess },
};
