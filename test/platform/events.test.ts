// The log of events: every change leaves one, with who asked for it and what it was and is; and it tells all that the tables say.
import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { undecided } from '../../src/platform/told.ts';
import { Operation } from '../../src/store/entities/operation.ts';
import { buriedProcess } from '../kit/buried.ts';
import type { TestGateway } from '../kit/gateway.ts';
import { compared } from '../kit/replay.ts';
import { openScene, type Scene } from '../kit/scene.ts';
import { until } from '../kit/until.ts';

interface Told {
  readonly type: string;
  readonly subjectType: string;
  readonly subjectId: string;
  readonly relatedId: string | null;
  readonly actor: string | null;
  readonly instanceId: string | null;
  readonly tenantIds: readonly string[];
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  readonly cursor: string;
}

interface Row {
  /** The fields of the mutation: its arguments. */
  readonly args: (seen: Ids) => string;
  /** What is selected of its payload. */
  readonly payload?: string;
  /** What it is told as: type, subject, and fragments of before and after. */
  readonly told: readonly (readonly [type: string, subject: string, before?: object | null, after?: object | null])[];
  /** What has to be there for it to do something. */
  readonly prepare?: (gateway: TestGateway) => Promise<Partial<Ids>>;
  /** Keeps an id of its answer for the rows that follow. */
  // biome-ignore lint/suspicious/noExplicitAny: an answer
  readonly keep?: (payload: any) => Partial<Ids>;
}

interface Ids {
  readonly instance: string;
  readonly node: string;
  readonly service: string;
  readonly process: string;
  readonly operation: string;
  readonly token: string;
  readonly tombstone: string;
  readonly port: number;
}

const CHANGED = '(changed)';
const OPERATION = 'operation { id finishedAt }';
const keepOperation = ({ operation }: { operation: { id: string } }) => ({ operation: operation.id });
const lifecycle = (target: (ids: Ids) => string, kind: string): Row => ({
  args: target,
  payload: OPERATION,
  told: [['OPERATION_STATE', 'OPERATION', null, { kind, state: 'QUEUED' }]],
  keep: keepOperation,
});
const ofProcess = ({ process }: Ids) => `id: "${process}"`;
const ofService = ({ service }: Ids) => `id: "${service}"`;
const ofInstance = ({ instance }: Ids) => `instance: "${instance}"`;

/** Every mutation, in an order in which each has something to do. One that is not here fails the test: say what it is told as. */
const WALK: Readonly<Record<string, Row>> = {
  createInstance: {
    args: () => 'input: { name: "Walked", zk: "zk:1", stats: { type: "x" } }',
    payload: 'instance { id }',
    keep: ({ instance }) => ({ instance: instance.id }),
    told: [['CREATED', 'INSTANCE', null, { name: 'Walked', zk: 'zk:1', stats: { type: 'x' } }]],
  },
  updateInstance: {
    args: ({ instance }) => `id: "${instance}", input: { name: "Walked on" }`,
    told: [['UPDATED', 'INSTANCE', { name: 'Walked' }, { name: 'Walked on' }]],
  },
  createTenant: {
    args: () => 'input: { id: "w1", name: "One" }',
    told: [['CREATED', 'TENANT', null, { name: 'One' }]],
  },
  updateTenant: {
    args: () => 'id: "w1", input: { rateLimit: 5 }',
    told: [['UPDATED', 'TENANT', { rateLimit: null }, { rateLimit: 5 }]],
  },
  addTenantToInstance: {
    args: ({ instance }) => `tenant: "w1", instance: "${instance}"`,
    told: [['RELATION_ADDED', 'TENANT', null, null]],
  },
  createUser: {
    args: () => 'input: { email: "w@x", name: "W", password: "hush-hush", tenants: ["w1"] }',
    told: [
      ['CREATED', 'USER', null, { name: 'W', password: CHANGED }],
      ['RELATION_ADDED', 'USER', null, null],
    ],
  },
  updateUser: {
    args: () => 'id: "w@x", input: { name: "V", password: "hush-hush-hush" }',
    told: [['UPDATED', 'USER', { name: 'W' }, { name: 'V', password: CHANGED }]],
  },
  logIn: {
    args: () => 'input: { email: "w@x", password: "hush-hush-hush" }',
    payload: 'token { id }',
    keep: ({ token }) => ({ token: token.id }),
    told: [['CREATED', 'TOKEN', null, { user: 'w@x', digest: CHANGED }]],
  },
  revokeToken: { args: ({ token }) => `id: "${token}"`, told: [['DELETED', 'TOKEN', { user: 'w@x' }, null]] },
  createToken: {
    args: () => 'input: { user: "w@x", name: "for a walk" }',
    told: [['CREATED', 'TOKEN', null, { name: 'for a walk', digest: CHANGED }]],
  },
  removeUserFromTenant: {
    args: () => 'user: "w@x", tenant: "w1"',
    told: [['RELATION_REMOVED', 'USER', null, null]],
  },
  addUserToTenant: {
    args: () => 'user: "w@x", tenant: "w1"',
    told: [['RELATION_ADDED', 'USER', null, null]],
  },
  createIntegration: {
    args: () => 'input: { id: "wi", definition: { a: 1 } }',
    told: [['CREATED', 'INTEGRATION', null, { definition: { a: 1 } }]],
  },
  updateIntegration: {
    args: () => 'id: "wi", input: { definitionChanges: { b: 2 } }',
    told: [['UPDATED', 'INTEGRATION', { definition: { a: 1 } }, { definition: { a: 1, b: 2 } }]],
  },
  addIntegrationToTenant: {
    args: () => 'integration: "wi", tenant: "w1"',
    told: [['RELATION_ADDED', 'INTEGRATION', null, null]],
  },
  removeIntegrationFromTenant: {
    args: () => 'integration: "wi", tenant: "w1"',
    told: [['RELATION_REMOVED', 'INTEGRATION', null, null]],
  },
  createNode: {
    args: ({ instance, port }) =>
      `input: { instance: "${instance}", name: "box", ipAddress: "127.0.0.1", port: ${port}, username: "gantry", password: "hush-hush" }`,
    payload: 'node { id }',
    keep: ({ node }) => ({ node: node.id }),
    told: [['CREATED', 'NODE', null, { name: 'box', password: CHANGED }]],
  },
  updateNode: {
    args: ({ node }) => `id: "${node}", input: { description: "a box" }`,
    told: [['UPDATED', 'NODE', { description: null }, { description: 'a box' }]],
  },
  trustHostKey: {
    args: ({ node }) => `id: "${node}", type: "ssh-ed25519", fingerprint: "SHA256:${'a'.repeat(43)}"`,
    told: [['UPDATED', 'NODE', { hostKeys: [] }, { hostKeys: [`ssh-ed25519 SHA256:${'a'.repeat(43)}`] }]],
  },
  // It changes nothing.
  pingNode: { args: ({ node }) => `id: "${node}"`, payload: 'reachable', told: [] },
  createService: {
    args: ({ instance }) =>
      `input: { instance: "${instance}", name: "s", type: "command", options: { command: ["sleep", "1000"] } }`,
    payload: 'service { id }',
    keep: ({ service }) => ({ service: service.id }),
    told: [['CREATED', 'SERVICE', null, { name: 's', options: { command: ['sleep', '1000'] } }]],
  },
  updateService: {
    args: ({ service }) => `id: "${service}", input: { name: "t" }`,
    told: [['UPDATED', 'SERVICE', { name: 's' }, { name: 't' }]],
  },
  createProcess: {
    args: ({ service, node }) => `input: { service: "${service}", node: "${node}" }`,
    payload: 'process { id }',
    keep: ({ process }) => ({ process: process.id }),
    told: [['CREATED', 'PROCESS', null, { desired: 'STOPPED', status: 'STOPPED' }]],
  },
  cancelOperation: {
    // Stored, and not taken up by anybody: it is still to be done when it is cancelled.
    prepare: async ({ platform }) => {
      const wish = { id: 'waiting', kind: 'START', actor: 'nobody', targetType: 'NODE', targetId: 'ND1' };
      await platform.store.write(async (em) => void em.create(Operation, wish as never));
      return { operation: 'waiting' };
    },
    args: ({ operation }) => `id: "${operation}"`,
    told: [['OPERATION_STATE', 'OPERATION', { finishedAt: null }, { kind: 'START' }]],
  },
  startProcess: lifecycle(ofProcess, 'START'),
  stopProcess: lifecycle(ofProcess, 'STOP'),
  restartProcess: lifecycle(ofProcess, 'RESTART'),
  startService: lifecycle(ofService, 'START'),
  restartService: lifecycle(ofService, 'RESTART'),
  rollingRestartService: lifecycle(ofService, 'ROLLING_RESTART'),
  rollingRestartAllServices: lifecycle(ofInstance, 'ROLLING_RESTART'),
  stopService: lifecycle(ofService, 'STOP'),
  startAllServices: lifecycle(ofInstance, 'START'),
  stopAllServices: lifecycle(ofInstance, 'STOP'),
  deleteOperation: {
    args: ({ operation }) => `id: "${operation}"`,
    told: [['DELETED', 'OPERATION', { kind: 'STOP' }, null]],
  },
  deleteTombstone: {
    args: ({ tombstone }) => `id: "${tombstone}"`,
    told: [],
    prepare: async (gateway) => ({ tombstone: await buriedProcess(gateway) }),
  },
  deleteProcess: {
    args: ({ process }) => `id: "${process}", force: true`,
    told: [['DELETED', 'PROCESS', {}, null]],
  },
  deleteService: { args: ({ service }) => `id: "${service}"`, told: [['DELETED', 'SERVICE', { name: 't' }, null]] },
  deleteNode: { args: ({ node }) => `id: "${node}"`, told: [['DELETED', 'NODE', { name: 'box' }, null]] },
  removeTenantFromInstance: { args: () => 'tenant: "w1"', told: [['RELATION_REMOVED', 'TENANT', null, null]] },
  deleteIntegration: { args: () => 'id: "wi"', told: [['DELETED', 'INTEGRATION', {}, null]] },
  deleteTenant: {
    args: () => 'id: "w1"',
    told: [
      ['RELATION_REMOVED', 'USER', null, null],
      ['DELETED', 'TENANT', { name: 'One', rateLimit: 5 }, null],
    ],
  },
  deleteUser: { args: () => 'id: "w@x"', told: [['DELETED', 'USER', { name: 'V' }, null]] },
  deleteInstance: { args: ({ instance }) => `id: "${instance}"`, told: [['DELETED', 'INSTANCE', {}, null]] },
};

const EVENTS = `query ($after: Cursor!) { events(order: ASC, first: 100, after: $after) {
  nodes { type subjectType subjectId relatedId actor instanceId tenantIds before after cursor } } }`;

const eventsAfter = async (gateway: TestGateway, after: string): Promise<Told[]> =>
  (await gateway.run(EVENTS, { after })).events.nodes;

const mutations = () => {
  const type = buildSchema(readFileSync('schema/schema.graphql', 'utf8')).getMutationType();
  return Object.keys(type?.getFields() ?? {});
};

let scene: Scene;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

describe('every mutation', () => {
  it('is walked below, and every payload says the cursor of its last event', () => {
    const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'));
    const missing = mutations().filter((name) => !(name in WALK));
    expect(missing, 'say in WALK what these are told as').toEqual([]);
    for (const field of Object.values(schema.getMutationType()?.getFields() ?? {}))
      expect(String(field.type), field.name).toMatch(/Payload!$/);
  });

  it('leaves its events, with who asked for it, what was and what is, and says nothing secret', async () => {
    const { gateway, machine } = scene;
    let ids = { port: machine.server.port } as Ids;
    for (const [name, row] of Object.entries(WALK)) {
      ids = { ...ids, ...(await row.prepare?.(gateway)) };
      const { asOf } = await gateway.run('{ asOf }');
      const mutation = `mutation { ${name}(${row.args(ids)}) { cursor ${row.payload ?? ''} } }`;
      const payload = (await gateway.run(mutation))[name];
      ids = { ...ids, ...row.keep?.(payload) };
      const events = (await eventsAfter(gateway, asOf)).slice();
      const own = events.filter((event) => event.actor === 'anonymous');
      for (const [type, subjectType, before, after] of row.told) {
        const match = {
          type,
          subjectType,
          ...(before !== undefined && { before: before && expect.objectContaining(before) }),
          ...(after !== undefined && { after: after && expect.objectContaining(after) }),
        };
        expect(own, name).toContainEqual(expect.objectContaining(match));
      }
      // The last of its own has the cursor that the payload says; others may have come since.
      if (row.told.length > 0)
        expect(
          events.map(({ cursor }) => cursor),
          name,
        ).toContain(payload.cursor);
      expect(JSON.stringify(events)).not.toContain('hush-hush');
      const { replayed, stored } = compared(gateway.folder, gateway.platform.store.columns());
      expect(replayed, `the log after ${name}`).toEqual(stored);
      if (payload.operation) await ended(gateway, payload.operation.id);
    }
  });
});

const ended = (gateway: TestGateway, id: string) =>
  until(`operation ${id} ends`, async () => {
    const { operation } = await gateway.run('query ($id: ID!) { operation(id: $id) { finishedAt } }', { id });
    return operation.finishedAt !== null;
  });

describe('an event', () => {
  it('of a crash was asked for by nobody, and has all tenants of the instance', async () => {
    const { gateway, world, node } = scene;
    await gateway.run('mutation { createTenant(input: { id: "b", name: "B" }) { cursor } }');
    await gateway.run('mutation { createTenant(input: { id: "a", name: "A" }) { cursor } }');
    for (const tenant of ['b', 'a'])
      await gateway.run(
        `mutation { addTenantToInstance(tenant: "${tenant}", instance: "${world.instance}") { cursor } }`,
      );
    const service = await world.service(['sleep', '1000']);
    const process = await world.process(service, node);
    await world.change('startProcess', process);
    const { pid } = await world.look(process);
    const { asOf } = await gateway.run('{ asOf }');
    globalThis.process.kill(pid as number, 'SIGKILL');
    const event = await until('the end is told', async () =>
      (await eventsAfter(gateway, asOf)).find(
        ({ type, after }) => type === 'PROCESS_STATUS' && after?.status === 'EXITED',
      ),
    );
    expect(event).toMatchObject({ subjectId: process, actor: null, instanceId: world.instance, tenantIds: ['a', 'b'] });
    expect(event.before).toMatchObject({ status: 'RUNNING' });
    expect(event.after).toMatchObject({ status: 'EXITED', signal: 'SIGKILL', desired: 'RUNNING' });
  });

  it('of a relation concerns the one tenant, and of what a tenant leaves, that tenant too', async () => {
    const { gateway, world } = scene;
    const { asOf } = await gateway.run('{ asOf }');
    await gateway.run('mutation { removeTenantFromInstance(tenant: "b") { cursor } }');
    await gateway.run(`mutation { updateInstance(id: "${world.instance}", input: { name: "Less" }) { cursor } }`);
    const [left, renamed] = (await eventsAfter(gateway, asOf)).filter(({ actor }) => actor !== null);
    expect(left).toMatchObject({
      type: 'RELATION_REMOVED',
      subjectId: 'b',
      relatedId: world.instance,
      tenantIds: ['b'],
    });
    expect(renamed).toMatchObject({ type: 'UPDATED', tenantIds: ['a'] });
  });

  it('is not left by a mutation that is refused or undone', async () => {
    const { gateway } = scene;
    const before = gateway.platform.store.log.head().seq;
    await gateway.errors('mutation { createTenant(input: { id: "a", name: "Again" }) { cursor } }');
    await gateway.errors('mutation { updateTenant(id: "a", input: { name: "X" }, ifVersion: 99) { cursor } }');
    const since = gateway.platform.store.log.after(before, 100).filter(({ subjectType }) => subjectType === 'TENANT');
    expect(since).toEqual([]);
  });
});

it('decides about every column of every entity whether it is told', () => {
  expect(undecided(scene.gateway.platform.store.columns())).toEqual([]);
});

it('names a column that nobody has decided about', () => {
  const columns = new Map([['Tenant', [{ name: 'nickname', isHidden: false }]]]);
  expect(undecided(columns)).toContainEqual(
    expect.stringMatching(/decide in src\/platform\/told\.ts about Tenant\.nickname/),
  );
});
