// Following the log: nothing is lost, repeated or out of order, across disconnects and restarts; and cursors that are not good are told.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { openScene } from '../kit/scene.ts';

const EVENTS =
  'subscription ($after: Cursor, $filter: EventFilter) { events(after: $after, filter: $filter) { cursor type subjectType subjectId after } }';
const CREATE = 'mutation ($id: ID!) { createTenant(input: { id: $id, name: "T" }) { cursor } }';
const RENAME = 'mutation ($id: ID!, $name: String!) { updateTenant(id: $id, input: { name: $name }) { cursor } }';

const asOf = async (gateway: TestGateway): Promise<string> => (await gateway.run('{ asOf }')).asOf;
const table = (gateway: TestGateway, from: number) =>
  gateway.platform.store.log.after(from, 10_000).map(({ type, subjectId }) => `${type} ${subjectId}`);
const told = (values: readonly { type: string; subjectId: string }[]) =>
  values.map(({ type, subjectId }) => `${type} ${subjectId}`);

describe('who follows the log from a cursor', () => {
  it('has each event once, in the order of the log, across a disconnect and a restart of the gateway', async () => {
    let gateway = await startGateway();
    try {
      const from = gateway.platform.store.log.head().seq;
      let after = await asOf(gateway);
      const all: string[] = [];
      for (let round = 0; round < 3; round++) {
        // While it is away, and while it listens.
        for (let count = 0; count < 5; count++) await gateway.run(CREATE, { id: `away-${round}-${count}` });
        const watch = gateway.subscribe(EVENTS, { after });
        for (let count = 0; count < 5; count++) await gateway.run(CREATE, { id: `here-${round}-${count}` });
        await watch.until((values) => values.some(({ subjectId }) => subjectId === `here-${round}-4`) || undefined);
        watch.close();
        all.push(...told(watch.values));
        after = watch.values.at(-1).cursor;
        gateway = await gateway.again();
      }
      expect(all).toHaveLength(30);
      expect(all).toEqual(table(gateway, from).slice(0, 30));
    } finally {
      await gateway[Symbol.asyncDispose]();
    }
  });

  it('has, with the list that it began from, the final truth, though everything was written meanwhile', async () => {
    await using gateway = await startGateway();
    for (let count = 0; count < 10; count++) await gateway.run(CREATE, { id: `t${count}` });
    const writing = Array.from({ length: 60 }, (_, number) =>
      gateway.run(RENAME, { id: `t${number % 10}`, name: `name ${number}` }),
    );
    await writing[20];
    const { tenants } = await gateway.run('{ tenants { nodes { id name } asOf } }');
    const picture = new Map<string, string>(tenants.nodes.map(({ id, name }: Record<string, string>) => [id, name]));
    const watch = gateway.subscribe(EVENTS, { after: tenants.asOf, filter: { types: ['UPDATED'] } });
    await Promise.all(writing);
    const last = await gateway.run(RENAME, { id: 't0', name: 'the last' });
    await watch.until((values) => values.some(({ cursor }) => cursor === last.updateTenant.cursor) || undefined);
    for (const { subjectId, after } of watch.values) picture.set(subjectId, after.name);
    const { tenants: truth } = await gateway.run('{ tenants { nodes { id name } } }');
    expect([...picture].sort()).toEqual(truth.nodes.map(({ id, name }: Record<string, string>) => [id, name]).sort());
  });

  it('is refused with a cursor of nonsense, of another store, and one whose events were pruned', async () => {
    await using other = await startGateway();
    await other.run(CREATE, { id: 'elsewhere' });
    let gateway = await startGateway();
    try {
      const first = await asOf(gateway);
      const codeOf = async (after: string) => {
        const watch = gateway.subscribe(EVENTS, { after });
        await watch.until(() => watch.errors[0]);
        watch.close();
        return watch.errors[0]?.extensions.code;
      };
      expect(await codeOf('nonsense')).toBe('BAD_USER_INPUT');
      expect(await codeOf(await asOf(other))).toBe('BAD_USER_INPUT');
      await gateway.run(CREATE, { id: 'a' });
      await gateway.run(CREATE, { id: 'b' });
      expect(await codeOf(await asOf(other))).toBe('BAD_USER_INPUT');
      await gateway.stop();
      const database = new Database(join(gateway.folder, 'gantry.db'));
      database.exec(
        'update event_head set anchor_seq = seq - 1, anchor_hash = (select hash from event e where e.seq = event_head.seq - 1)',
      );
      database.exec('delete from event where seq <= (select anchor_seq from event_head)');
      database.close();
      gateway = await gateway.again();
      expect(await codeOf(first)).toBe('CURSOR_EXPIRED');
      const errors = await gateway.errors('query ($after: Cursor) { events(order: ASC, after: $after) { asOf } }', {
        after: first,
      });
      expect(errors[0]?.extensions.code).toBe('CURSOR_EXPIRED');
      const { events } = await gateway.run('{ events(order: ASC) { oldestCursor } }');
      const watch = gateway.subscribe(EVENTS, { after: events.oldestCursor });
      expect(await watch.until((values) => values[0])).toMatchObject({ type: 'CREATED', subjectId: 'b' });
    } finally {
      await gateway[Symbol.asyncDispose]();
    }
  });
});

it('changes of processes and of links to nodes can be followed from a cursor', async () => {
  const { gateway, world, node, close } = await openScene();
  try {
    const from = await asOf(gateway);
    const process = await world.process(await world.service(['sleep', '1000']), node);
    await world.change('startProcess', process);
    await world.change('stopProcess', process);
    await gateway.run('mutation ($id: ID!) { deleteProcess(id: $id) { id } }', { id: process });
    const statuses = gateway.subscribe(
      'subscription ($after: Cursor, $process: ID) { processStatus(after: $after, filter: { process: $process }) { cursor status previous reason actor revision } }',
      { after: from },
    );
    const links = gateway.subscribe(
      'subscription ($after: Cursor, $node: ID) { nodeConnection(after: $after, filter: { node: $node }) { nodeId state previous } }',
      { after: from, node },
    );
    await statuses.until((values) => values.some(({ reason }) => reason === 'DELETED') || undefined);
    const [first] = statuses.values;
    expect(first).toMatchObject({ status: 'STARTING', previous: 'STOPPED', actor: 'anonymous', revision: 1 });
    const revisions = statuses.values.map(({ revision }) => revision);
    expect(revisions).toEqual(revisions.map((_, index) => index + 1));
    await links.until((values) => values.some(({ state }) => state === 'CONNECTED') || undefined);
    expect(links.values[0]).toMatchObject({ nodeId: node, state: 'CONNECTING', previous: null });
  } finally {
    await close();
  }
});
