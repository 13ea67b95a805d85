// The log is kept as long and as large as is set: what goes leaves no hole, stops nobody, and is missed by nobody without being told.
import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { type KeptEvents, LogCare } from '../../src/platform/log-care.ts';
import type { Store } from '../../src/store/store.ts';
import { type LogFolder, logFolder, numbered, runTool, verdictOn, written } from '../kit/event-log.ts';
import { startGateway } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';

const DAY_MS = 86_400_000;
let folder: LogFolder;
beforeAll(() => {
  folder = logFolder();
});
afterAll(() => folder[Symbol.dispose]());

const care = (store: Store, kept: Partial<KeptEvents>, now = Date.now()) =>
  new LogCare(store, { days: 30, most: 1_000_000, ...kept }, pino({ level: 'silent' }), () => now);

/** Says of the entries with these numbers when they were written. They no longer verify. */
const date = (name: string, days: Readonly<Record<number, number>>) => {
  for (const [seq, ago] of Object.entries(days))
    folder.tamper(
      `update event set at = '${new Date(Date.now() - ago * DAY_MS).toISOString()}' where seq = ${seq}`,
      name,
    );
};

const numbersIn = (store: Store) => store.log.times(0, 10_000).map(({ seq }) => seq);

describe('pruning', () => {
  it('leaves the newest so many, chained to the last that went', async () => {
    await written(folder, 450, 'many.db');
    const store = await folder.open('many.db');
    expect(await care(store, { most: 10 }).prune()).toBe(440);
    expect(numbersIn(store)).toEqual(Array.from({ length: 10 }, (_, i) => 441 + i));
    expect(store.log.head()).toMatchObject({ seq: 450, anchorSeq: 440 });
    expect(await verdictOn(folder.file('many.db'))).toMatchObject({ count: 10, finding: undefined });
    await store.tell([numbered(451)]);
    await store.close();
    const { code } = await runTool('export-log', folder.file('many.jsonl'), folder.file('many.db'));
    expect(code).toBe(0);
    expect(await verdictOn(folder.file('many.jsonl'))).toMatchObject({ count: 11, finding: undefined });
    folder.tamper('delete from event where seq = 441', 'many.db');
    expect((await verdictOn(folder.file('many.db'))).finding).toMatchObject({ seq: 441, what: 'dropped' });
  });

  it('takes what is older than so many days, and stops at the first that is not', async () => {
    await written(folder, 8, 'old.db');
    date('old.db', { 1: 40, 2: 31, 3: 29, 4: 40 });
    const store = await folder.open('old.db');
    expect(await care(store, {}).prune()).toBe(2);
    expect(numbersIn(store)).toEqual([3, 4, 5, 6, 7, 8]);
    expect(await care(store, {}).prune()).toBe(0);
    await store.close();
  });

  it('takes what a clock that ran ahead has written as old as what follows it', async () => {
    await written(folder, 8, 'ahead.db');
    date('ahead.db', { 1: 40, 2: -400, 3: -400, 4: 35, 6: -400 });
    const store = await folder.open('ahead.db');
    expect(await care(store, {}).prune()).toBe(4);
    expect(numbersIn(store)).toEqual([5, 6, 7, 8]);
    await store.close();
  });

  it('while others write loses nothing of theirs, and leaves no hole', async () => {
    await written(folder, 600, 'busy.db');
    const store = await folder.open('busy.db');
    const pruning = care(store, { most: 50 });
    let isDone = false;
    const writing = (async () => {
      let number = 600;
      while (!isDone) {
        number += 1;
        await store.tell([numbered(number)]);
        await turn();
      }
      return number;
    })();
    expect(await pruning.prune()).toBeGreaterThanOrEqual(550);
    isDone = true;
    const last = await writing;
    await pruning.prune();
    expect(numbersIn(store)).toEqual(Array.from({ length: 50 }, (_, i) => last - 49 + i));
    expect(store.log.after(last - 1, 10)).toMatchObject([{ subjectId: `t${last}` }]);
    expect(await verdictOn(folder.file('busy.db'))).toMatchObject({ count: 50, finding: undefined });
    await store.close();
  });

  it('takes no more than a few entries in a transaction', async () => {
    await written(folder, 450, 'pieces.db');
    const store = await folder.open('pieces.db');
    const gone: number[] = [];
    while (gone.at(-1) !== 0) gone.push(await store.prune(430));
    expect(gone).toEqual([200, 200, 30, 0]);
    await store.close();
  });

  it('forgets whom only the entries concerned that went', async () => {
    await written(folder, 9, 'concerned.db');
    const store = await folder.open('concerned.db');
    await care(store, { most: 2 }).prune();
    expect(store.reader.get('select group_concat(tenants) from event_audience', [])).toBe('["t2"],["t0"]');
    await store.close();
  });

  it('stops when the gateway ends', async () => {
    await written(folder, 450, 'ending.db');
    const store = await folder.open('ending.db');
    const pruning = care(store, { most: 1 });
    pruning.open();
    await pruning.close();
    expect(store.log.head().anchorSeq).toBeLessThan(449);
    await store.close();
  });
});

describe('a gateway', () => {
  const EVENTS = (args = '') => `{ events${args} { nodes { cursor } oldestCursor latestCursor } }`;

  it('prunes at its start, tells the oldest cursor that is good, and what to do about one that is not', async () => {
    await using gateway = await startGateway({ GANTRY_EVENTS_MAX: '3' });
    const early = (await gateway.run('{ asOf }')).asOf;
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f'])
      await gateway.run(`mutation { createTenant(input: { id: "${id}", name: "T" }) { cursor } }`);
    const kept = await gateway.run(`mutation { updateTenant(id: "f", input: { name: "U" }) { cursor } }`);
    const again = await gateway.again();
    try {
      const events = await until('it has pruned', async () => {
        const { events } = await again.run(EVENTS());
        return events.nodes.length === 3 && events;
      });
      expect(events.oldestCursor).not.toBe(early);
      const [error] = await again.errors(EVENTS(`(order: ASC, after: "${early}")`));
      expect(error).toMatchObject({
        message: expect.stringMatching(/kept no longer.*asOf.*oldestCursor/),
        extensions: { code: 'CURSOR_EXPIRED', field: 'after' },
      });
      const all = await again.run(EVENTS(`(order: ASC, after: "${events.oldestCursor}")`));
      expect(all.events.nodes).toHaveLength(3);
      expect(all.events.nodes.at(-1).cursor).toBe(kept.updateTenant.cursor);
      expect((await verdictOn(`${gateway.folder}/gantry.db`)).finding).toBeUndefined();
    } finally {
      await again.stop();
    }
  });

  it('exports no secret', async () => {
    await using gateway = await startGateway();
    const secret = 'hush-hush-hush';
    await gateway.run(`mutation { createUser(input: { email: "w@x", name: "W", password: "${secret}" }) { cursor } }`);
    await gateway.run('mutation { createInstance(input: { name: "I" }) { instance { id } } }');
    await gateway.run(
      `mutation { createNode(input: { instance: "IN1", name: "n", ipAddress: "127.0.0.1", port: 1, username: "u", password: "${secret}" }) { cursor } }`,
    );
    const { logIn } = await gateway.run(
      `mutation { logIn(input: { email: "w@x", password: "${secret}" }) { text token { id } } }`,
    );
    const { reader } = gateway.platform.store;
    const stored = [
      'password_hash from user',
      'password_sealed from node',
      'hex(digest) from token',
      'digest from token',
    ];
    const { out, code } = await runTool('export-log', '-', `${gateway.folder}/gantry.db`);
    expect(code).toBe(0);
    expect(out).toContain('"password":"(changed)"');
    for (const hidden of [secret, logIn.text, ...stored.map((what) => reader.get(`select ${what}`, []))])
      expect(out).not.toContain(String(hidden));
  });
});

describe('how long events are kept', () => {
  it('is set by days and by number', () => {
    expect(readConfig({}).events).toEqual({ days: 30, most: 1_000_000 });
    expect(readConfig({ GANTRY_EVENTS_DAYS: '400', GANTRY_EVENTS_MAX: '5' }).events).toEqual({ days: 400, most: 5 });
    for (const wrong of ['0', '-1', '1.5', 'ever'])
      for (const name of ['GANTRY_EVENTS_DAYS', 'GANTRY_EVENTS_MAX'])
        expect(() => readConfig({ [name]: wrong })).toThrow(`${name} must be a number of`);
  });
});
