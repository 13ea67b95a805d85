// The chain of the log: whatever somebody does to a store or to an export is named, and what was only pruned is not.

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chainHash, type LogEntry } from '../../src/store/log/chain.ts';
import { entryLine, readEntry } from '../../src/store/log/lines.ts';
import { type LogFolder, logFolder, numbered, runTool, verdictOn, written } from '../kit/event-log.ts';

const COUNT = 10;
let folder: LogFolder;
let stores = 0;

beforeAll(async () => {
  folder = logFolder();
  await written(folder, COUNT);
});
afterAll(() => folder[Symbol.dispose]());

/** What is found in a copy of the store after these statements. */
async function after(sql: string) {
  stores += 1;
  const name = `copy-${stores}.db`;
  writeFileSync(folder.file(name), readFileSync(folder.file()));
  folder.tamper(sql, name);
  return verdictOn(folder.file(name));
}

/** The hash that an entry would have, said as `changes` do. */
function rehashed(seq: number, changes: Partial<LogEntry>): string {
  const lines = exported();
  const entry = (at: number) => readEntry(lines[at] as string) as LogEntry;
  return chainHash(entry(seq - 1).hash, { ...entry(seq), ...changes });
}

let text: string;
beforeAll(async () => {
  const { code, err } = await runTool('export-log', folder.file('export.jsonl'), folder.file());
  expect({ code, err }).toEqual({ code: 0, err: '' });
  text = readFileSync(folder.file('export.jsonl'), 'utf8');
});
const exported = () => text.trimEnd().split('\n');

/** What is found in an export with these lines. */
async function inExport(lines: readonly string[]) {
  stores += 1;
  const file = folder.file(`export-${stores}.jsonl`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return verdictOn(file);
}

const swap = (a: number, b: number) =>
  `update event set seq = -1 where seq = ${a}; update event set seq = ${a} where seq = ${b}; update event set seq = ${b} where seq = -1;`;

describe('a store', () => {
  it('as it was written holds, to its last entry', async () => {
    expect(await after('select 1')).toMatchObject({ count: COUNT, first: { seq: 1 }, finding: undefined });
  });

  it.each([
    ['at', `'2020-01-01T00:00:00.000Z'`],
    ['type', `'DELETED'`],
    ['subject_type', `'USER'`],
    ['subject_id', `'t99'`],
    ['related_type', `'USER'`],
    ['related_id', `'x'`],
    ['instance_id', `'IN1'`],
    ['actor', `'nobody'`],
    ['actor', 'null'],
    ['operation_id', `'o'`],
    ['"before"', `'{"name":"was  5"}'`],
    ['"after"', 'null'],
    ['"after"', `"after" || ' '`],
    ['hash', `'${'0'.repeat(64)}'`],
    ['audience_id', '1'],
    ['audience_id', '99'],
  ])('of which somebody has set %s of an entry to %s is told by that entry', async (column, value) => {
    const { finding, count } = await after(`update event set ${column} = ${value} where seq = 5`);
    expect(finding).toMatchObject({ seq: 5, what: 'altered' });
    expect(count).toBe(4);
  });

  it('of which whom entries concern was altered is told by the first of them', async () => {
    const { finding } = await after(`update event_audience set tenants = '["t7"]' where tenants = '["t2"]'`);
    expect(finding).toMatchObject({ seq: 2, what: 'altered' });
  });

  it('of which an entry was altered and hashed anew, and no other, is told where the next does not follow', async () => {
    const hash = rehashed(5, { actor: 'nobody' });
    const { finding } = await after(`update event set actor = 'nobody', hash = '${hash}' where seq = 5`);
    expect(finding).toMatchObject({ seq: 6, what: 'altered' });
    expect(finding?.says).toMatch(/entry 5, before it, was, and its hash made anew/);
  });

  it('of which the last entry was altered and hashed anew is told by its head', async () => {
    const hash = rehashed(COUNT, { actor: 'nobody' });
    const { finding } = await after(`update event set actor = 'nobody', hash = '${hash}' where seq = ${COUNT}`);
    expect(finding).toMatchObject({ seq: COUNT, what: 'altered' });
  });

  it.each([
    ['in the middle', 'seq = 5', 5, /^Entry 5 was dropped/],
    ['in the middle, several', 'seq in (5, 6, 7)', 5, /^Entries 5 to 7 were dropped/],
    ['at the beginning', 'seq < 3', 1, /^Entries 1 to 2 were dropped/],
    ['at the end', 'seq > 8', 9, /^Entries 9 to 10 were dropped: the log is shorter than it says/],
    ['all', 'true', 1, /^Entries 1 to 10 were dropped/],
  ])('of which entries were dropped (%s) is told by the first of them', async (_, which, seq, says) => {
    const { finding } = await after(`delete from event where ${which}`);
    expect(finding).toMatchObject({ seq, what: 'dropped' });
    expect(finding?.says).toMatch(says);
  });

  it('of which an entry was dropped, and what follows numbered anew, is told at that place', async () => {
    const anew = Array.from({ length: 5 }, (_, i) => `update event set seq = ${5 + i} where seq = ${6 + i};`).join('');
    const { finding } = await after(`delete from event where seq = 5; ${anew} update event_head set seq = 9`);
    expect(finding).toMatchObject({ seq: 5, what: 'altered' });
    expect(finding?.says).toMatch(/one between the two was dropped/);
  });

  it.each([
    [4, 5],
    [2, 9],
  ])('in which %i and %i were swapped is told by both', async (a, b) => {
    const { finding } = await after(swap(a, b));
    expect(finding).toMatchObject({ seq: a, what: 'reordered', says: `What was entry ${a} stands as entry ${b} now.` });
  });

  it('to which an entry was added is told by it', async () => {
    const columns = 'at, type, subject_type, subject_id, hash, audience_id';
    const { finding } = await after(
      `insert into event (seq, ${columns}) select ${COUNT + 1}, ${columns} from event where seq = 3`,
    );
    expect(finding).toMatchObject({ seq: COUNT + 1, what: 'added' });
  });

  it('whose beginning was put elsewhere is told', async () => {
    expect((await after('update event_head set anchor_seq = 3')).finding).toMatchObject({ seq: 1, what: 'reordered' });
    expect((await after(`update event_head set anchor_hash = 'x'`)).finding).toMatchObject({ seq: 1, what: 'altered' });
  });

  it('that a gateway has open is verified and exported beside it, and left alone', async () => {
    const store = await folder.open('busy.db');
    let isDone = false;
    const writing = (async () => {
      for (let number = 0; !isDone; number += 1) {
        await store.tell([numbered(number)]);
        await turn();
      }
    })();
    const file = folder.file('busy.jsonl');
    expect(await runTool('verify-log', folder.file('busy.db'))).toMatchObject({ code: 0 });
    expect(await runTool('export-log', file, folder.file('busy.db'))).toMatchObject({ code: 0 });
    isDone = true;
    await writing;
    expect((await verdictOn(file)).finding).toBeUndefined();
    expect((await verdictOn(folder.file('busy.db'))).count).toBe(store.log.head().seq);
    await store.close();
  });
});

describe('an export', () => {
  it('holds, says what the store says, and is for its owner only', async () => {
    expect(await inExport(exported())).toMatchObject({ count: COUNT, finding: undefined });
    expect(exported()).toHaveLength(COUNT + 1);
    expect(JSON.parse(exported()[5] as string)).toMatchObject({ seq: 5, tenants: ['t2'], after: { name: 'is 5' } });
    expect(statSync(folder.file('export.jsonl')).mode & 0o777).toBe(0o600);
  });

  it('with anything else in a line is told by that line', async () => {
    const line = exported()[5] as string;
    const others = [
      line.replace('somebody', 'nobody'),
      line.replace('is 5', 'is 6'),
      line.replace('"t2"', '"t1"'),
      line.replace('"seq":5', '"seq":"5"'),
      line.replace('{', '{"actor":"nobody",'),
      line.replace(/}$/, ',"note":"seen"}'),
      line.replace('{', '{ '),
      line.slice(0, -1),
      '',
      'null',
    ];
    for (const other of others) {
      expect(other).not.toBe(line);
      const { finding } = await inExport(exported().with(5, other));
      expect(finding, other).toMatchObject({ seq: 5, what: 'altered' });
    }
  });

  it.each([
    ['swapped neighbours', (all: string[]) => all.with(4, all[5] as string).with(5, all[4] as string), 4, 'reordered'],
    ['one moved to the end', (all: string[]) => [...all.toSpliced(4, 1), all[4] as string], 4, 'reordered'],
    ['one twice', (all: string[]) => all.toSpliced(4, 0, all[4] as string), 4, 'reordered'],
    ['one dropped', (all: string[]) => all.toSpliced(4, 1), 4, 'dropped'],
    ['the last dropped', (all: string[]) => all.slice(0, -1), COUNT, 'dropped'],
  ] as const)('with %s is told by it', async (_, change, seq, what) => {
    expect((await inExport(change(exported()))).finding).toMatchObject({ seq, what });
  });

  it('of a store that was tampered with shows the same', async () => {
    for (const [sql, seq] of [
      [`update event set "after" = 'no JSON' where seq = 4`, 4],
      [`update event set "after" = '"text"' where seq = 4`, 4],
      [`update event set "after" = '{"name": "is 4"}' where seq = 4`, 4],
      ['delete from event where seq = 9', 9],
    ] as const) {
      const { finding } = await after(sql);
      expect(finding?.seq).toBe(seq);
      const { code, out } = await runTool('export-log', '-', folder.file(`copy-${stores}.db`));
      expect(code).toBe(0);
      expect((await inExport(out.trimEnd().split('\n'))).finding).toEqual(finding);
    }
  });

  it('has each entry in a line that reads back as it was', () => {
    for (const line of exported().slice(1)) expect(entryLine(readEntry(line) as LogEntry)).toBe(line);
  });
});

describe('npm run verify-log', () => {
  it('says what holds, names what does not with exit code 1, and refuses in a sentence what is no log', async () => {
    expect(await runTool('verify-log', folder.file())).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^ok: 10 entries, 1 \(.*\) to 10 \(.*\), digest [0-9a-f]{64}\n$/),
    });
    await after('delete from event where seq = 5');
    expect(await runTool('verify-log', folder.file(`copy-${stores}.db`))).toMatchObject({
      code: 1,
      out: 'NOT AS IT WAS WRITTEN: Entry 5 was dropped.\nThe 4 before it hold.\n',
    });
    writeFileSync(folder.file('letter.txt'), 'Dear all,\n');
    expect(await runTool('verify-log', folder.file('letter.txt'))).toMatchObject({
      code: 2,
      err: expect.stringMatching(/letter\.txt is neither a store nor an export of a log/),
    });
    expect(await runTool('verify-log', folder.file('nowhere'))).toMatchObject({
      code: 2,
      err: expect.stringMatching(/nowhere is not to be read \(ENOENT/),
    });
  });

  it('is not misled by an export that is there: it is never written over', async () => {
    expect(await runTool('export-log', folder.file('export.jsonl'), folder.file())).toMatchObject({
      code: 2,
      err: expect.stringMatching(/EEXIST/),
    });
    expect(readFileSync(folder.file('export.jsonl'), 'utf8')).toBe(text);
  });
});
