// Who does not read what it asked for: it costs bounded memory, delays nobody, and goes on from its last cursor.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { follow } from '../kit/follower.ts';
import { killedGateway } from '../kit/killed.ts';
import { differences, lineOfRow, NONE, openTable } from '../kit/table.ts';
import { until } from '../kit/until.ts';
import { prepare, write } from './subscribers.ts';

const EVENTS = 10_000;
const STALLED = 20;
// What the system itself holds for a socket, 10 MB at most, is less than all of the events: 3 kB each.
const PADDING = 40;

it('a reader that stalls holds nobody up and gets all of it when it reads again', { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-stalled-'));
  try {
    await using gateway = await killedGateway(folder);
    await prepare(gateway);
    using table = openTable(join(folder, 'gantry.db'));
    const { asOf } = await gateway.run<{ asOf: string }>('{ asOf }');
    const from = table.last();
    const one = { after: asOf, keep: (line: string) => line };
    const url = `ws://127.0.0.1:${gateway.port}/graphql`;
    const reader = follow(url, one);
    const stalled = Array.from({ length: STALLED }, () => follow(url, { ...one, padding: PADDING }));
    try {
      await until('all follow', () => [reader, ...stalled].every(({ subscriptions }) => subscriptions > 0));
      for (const each of stalled) each.pause();
      const before = gateway.memory;
      let isWriting = true;
      const writers = [0, 1, 2, 3].map((writer) => write(gateway, writer, () => isWriting));
      await until(`${EVENTS} events`, () => table.last() >= from + EVENTS, 120_000);
      isWriting = false;
      await Promise.all(writers);
      const truth = table.after(from).map(lineOfRow);
      // The one that reads has everything while the others have not begun to read.
      await until('the reader has the last event', () => reader.lines.at(-1) === truth.at(-1), 120_000);
      expect(differences(truth, reader.lines)).toEqual(NONE);
      expect(Math.max(...stalled.map(({ lines }) => lines.length))).toBeLessThan(truth.length);
      const grown = gateway.memory === undefined || before === undefined ? 0 : gateway.memory - before;
      console.log(`${truth.length} events, ${STALLED} stalled: the gateway grew by ${Math.round(grown)} MB`);
      // Held for all of them it would be 400 MB and more.
      expect(grown).toBeLessThan(300);
      for (const each of stalled) each.resume();
      await until(
        'all have the last event',
        () => stalled.every(({ lines }) => lines.at(-1) === truth.at(-1)),
        120_000,
      );
      for (const { lines, refusals } of stalled) {
        expect(refusals).toEqual([]);
        expect(differences(truth, lines)).toEqual(NONE);
      }
    } finally {
      reader.close();
      for (const each of stalled) each.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
