// Who may do and see what: the one place that says so.
import { GantryError } from '../errors.ts';
import type { Role } from '../store/entities/user.ts';
import type { Sight } from '../store/read/visibility.ts';
import type { Actor } from './actor.ts';
import { expectSeen } from './hearing.ts';
import type { Platform } from './platform.ts';

/** What takes a right: a field of the graph at its root that acts, or that looks at more than the store. */
export interface Right {
  /** The least of the roles that may. NOBODY: also who has not said who they are. */
  readonly role: Role | 'NOBODY';
  /** What has to be seen by who asks, and the argument with its id: what they do not see is not there for them. */
  readonly sees?: { readonly noun: string; readonly argument: string };
}

const RANKS: Readonly<Record<Role | 'NOBODY', number>> = { NOBODY: 0, VIEWER: 1, OPERATOR: 2, ADMIN: 3 };

const ADMIN: Right = { role: 'ADMIN' };
const ANY: Right = { role: 'VIEWER' };
const to = (role: Role, noun: string, argument = 'id'): Right => ({ role, sees: { noun, argument } });

/** A field that is not in here keeps the gateway from starting: whoever adds one says who may. */
export const RIGHTS: Readonly<Record<string, Right>> = {
  logIn: { role: 'NOBODY' },
  viewer: ANY,
  createToken: ANY,
  revokeToken: ANY,

  createInstance: ADMIN,
  updateInstance: ADMIN,
  deleteInstance: ADMIN,
  createTenant: ADMIN,
  updateTenant: ADMIN,
  deleteTenant: ADMIN,
  addTenantToInstance: ADMIN,
  removeTenantFromInstance: ADMIN,
  createUser: ADMIN,
  updateUser: ADMIN,
  deleteUser: ADMIN,
  addUserToTenant: ADMIN,
  removeUserFromTenant: ADMIN,
  createIntegration: ADMIN,
  updateIntegration: ADMIN,
  deleteIntegration: ADMIN,
  addIntegrationToTenant: ADMIN,
  removeIntegrationFromTenant: ADMIN,
  createNode: ADMIN,
  updateNode: ADMIN,
  deleteNode: ADMIN,
  pingNode: ADMIN,
  trustHostKey: ADMIN,
  createService: ADMIN,
  updateService: ADMIN,
  deleteService: ADMIN,
  createProcess: ADMIN,
  deleteProcess: ADMIN,
  deleteOperation: ADMIN,
  deleteTombstone: ADMIN,

  cancelOperation: to('OPERATOR', 'Operation'),
  startProcess: to('OPERATOR', 'Process'),
  stopProcess: to('OPERATOR', 'Process'),
  restartProcess: to('OPERATOR', 'Process'),
  startService: to('OPERATOR', 'Service'),
  stopService: to('OPERATOR', 'Service'),
  restartService: to('OPERATOR', 'Service'),
  startAllServices: to('OPERATOR', 'Instance', 'instance'),
  stopAllServices: to('OPERATOR', 'Instance', 'instance'),
  rollingRestartService: to('OPERATOR', 'Service'),
  rollingRestartAllServices: to('OPERATOR', 'Instance', 'instance'),

  supervisor: ADMIN,
  processLogs: to('VIEWER', 'Process'),
  processLog: to('VIEWER', 'Process'),
  operation: to('VIEWER', 'Operation'),
  // What is told is judged change by change.
  processStatus: ANY,
  events: ANY,
  nodeConnection: ADMIN,
};

const OF_OWN_INSTANCE = ['instance', 'tenants', 'users'];

/**
 * What users who are not ADMIN see: their tenants, the instances of those, services and processes there and what was done to them, the other
 * members of their tenants, and their own tokens. What is not in here they do not see: nodes, integrations.
 */
export const SIGHT: Sight = {
  Tenant: [['users']],
  User: [[], ['tenants', 'users']],
  Instance: [['tenants', 'users']],
  Service: [OF_OWN_INSTANCE],
  Process: [OF_OWN_INSTANCE],
  Operation: [['steps', 'process', ...OF_OWN_INSTANCE]],
  OperationStep: [['process', ...OF_OWN_INSTANCE]],
  Token: [['user']],
};

/** Throws UNAUTHENTICATED, FORBIDDEN, or NOT_FOUND for what the one who asks does not see. */
export function expectRight(
  { store, log }: Platform,
  actor: Actor,
  field: string,
  args: Record<string, unknown>,
): void {
  const right = RIGHTS[field];
  if (!right) throw new Error(`no right is said for ${field}: add it to platform/rights.ts`);
  if (RANKS[actor.role ?? 'NOBODY'] < RANKS[right.role]) {
    if (actor.role === undefined) throw unauthenticated();
    log.warn({ actor: actor.name, field }, 'refused: the role does not allow it');
    throw new GantryError('FORBIDDEN', `This takes the role ${right.role}, and you are ${actor.role}.`);
  }
  if (!right.sees) return;
  const { noun, argument } = right.sees;
  expectSeen({ store }, actor, noun, String(args[argument]), argument);
}

export const unauthenticated = () =>
  new GantryError(
    'UNAUTHENTICATED',
    'Say who you are: send the header `Authorization: Bearer` with a token. `logIn` and `createToken` make tokens.',
  );
