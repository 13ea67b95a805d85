// 200 who follow the log while it is written, are cut off at random, and lose their gateway to kill -9 again and again. What each of them was
// told is compared with the table by a checker that shares no code with the gateway.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startCutter } from '../kit/cutter.ts';
import { follow, lineOf } from '../kit/follower.ts';
import { killedGateway } from '../kit/killed.ts';
import { differences, lineOfRow, NONE, openTable } from '../kit/table.ts';
import { until } from '../kit/until.ts';
import { INTERESTS, type Interest, prepare, write } from './subscribers.ts';

const FOLLOWERS = 200;
const EVENTS = 20_000;
const KILLS = 8;
const CUTS = 300;
const WRITERS = 8;
// The whole of an event is about 250 bytes, so that some are cut after a few of them and some after thousands.
const MEAN_BYTES = 500_000;

type Page = {
  events: { nodes: Parameters<typeof lineOf>[0][]; pageInfo: { endCursor: string; hasNextPage: boolean } };
};
const PAGE =
  'query ($after: Cursor!) { events(order: ASC, first: 100, after: $after) { nodes { cursor type subjectId digest } pageInfo { endCursor hasNextPage } } }';

describe('the checker', () => {
  const truth = ['a', 'b', 'c', 'd'];
  it.each([
    [['a', 'b', 'c', 'd'], NONE],
    [['a', 'b', 'd'], { ...NONE, lost: 1 }],
    [['a', 'b', 'b', 'c', 'd'], { ...NONE, repeated: 1 }],
    [['a', 'c', 'b', 'd'], { ...NONE, outOfOrder: 1 }],
    [['a', 'b', 'x', 'c', 'd'], { ...NONE, invented: 1 }],
    [[], { ...NONE, lost: 4 }],
  ])('of %j says %j', (told, found) => expect(differences(truth, told)).toEqual(found));
});

describe('who follows the log', () => {
  it('loses nothing, repeats nothing, has all in order, though cut off and though the gateway is killed', {
    timeout: 300_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-subscribers-'));
    try {
      await using gateway = await killedGateway(folder);
      await prepare(gateway);
      using table = openTable(join(folder, 'gantry.db'));
      const { asOf } = await gateway.run<{ asOf: string }>('{ asOf }');
      const from = table.last();
      await using cutter = await startCutter(gateway.port, MEAN_BYTES);
      const url = `ws://127.0.0.1:${cutter.port}/graphql`;
      const kept = new Map<string, string>();
      const keep = (line: string) => {
        if (!kept.has(line)) kept.set(line, line);
        return kept.get(line) ?? line;
      };
      const all = Array.from({ length: FOLLOWERS }, (_, number) => {
        const interest = INTERESTS[number % INTERESTS.length] as Interest;
        return { interest, follower: follow(url, { filter: interest.filter, after: asOf, keep }) };
      });
      const returns = () => all.reduce((sum, { follower }) => sum + follower.subscriptions - 1, 0);
      let isWriting = true;
      // The naive client: comes again without its cursor, and only after something has happened.
      const naive = follow(url, {
        after: asOf,
        remembers: false,
        keep,
        beforeReturn: async () => {
          const last = table.last();
          while (isWriting && table.last() === last) await sleep(10);
        },
      });
      try {
        await until('all follow', () => all.every(({ follower }) => follower.subscriptions > 0), 60_000);
        const writers = Array.from({ length: WRITERS }, (_, writer) => write(gateway, writer, () => isWriting));
        const cutting = (async () => {
          // Those that were cut before they followed again do not count.
          while (isWriting || returns() < CUTS) {
            cutter.cut(1 + Math.floor(Math.random() * 4));
            await sleep(Math.random() * 300);
          }
        })();
        for (let kill = 1; kill <= KILLS; kill++) {
          const goal = from + (kill * EVENTS) / (KILLS + 1);
          await until(`${goal} events`, () => table.last() >= goal, 120_000);
          await gateway.kill();
          await gateway.start();
        }
        await until(`${EVENTS} events`, () => table.last() >= from + EVENTS, 120_000);
        isWriting = false;
        await Promise.all(writers);
        await cutting;

        const rows = table.after(from);
        const truth = rows.map(lineOfRow);
        const pages: string[] = [];
        for (let after = asOf, hasMore = true; hasMore; ) {
          const { events } = await gateway.run<Page>(PAGE, { after });
          pages.push(...events.nodes.map(lineOf));
          ({ endCursor: after, hasNextPage: hasMore } = events.pageInfo);
        }
        expect(differences(truth, pages)).toEqual(NONE);
        const expected = new Map(
          INTERESTS.map((interest) => [interest, rows.filter(interest.isMet).map(lineOfRow)] as const),
        );
        const isDone = ({ interest, follower }: (typeof all)[number]) =>
          follower.refusals.length > 0 || follower.lines.at(-1) === expected.get(interest)?.at(-1);
        await until('all have the last event', () => all.every(isDone), 120_000).catch(() => {});

        let told = 0;
        for (const { interest, follower } of all) {
          expect(follower.refusals).toEqual([]);
          expect(differences(expected.get(interest) ?? [], follower.lines)).toEqual(NONE);
          told += follower.lines.length;
        }
        for (const [{ filter }, lines] of expected) expect([filter, lines.length > 100]).toEqual([filter, true]);
        expect(rows.length).toBeGreaterThanOrEqual(EVENTS);
        expect(returns()).toBeGreaterThanOrEqual(CUTS);
        expect(naive.subscriptions).toBeGreaterThan(1);
        expect(differences(truth, naive.lines).lost).toBeGreaterThan(0);
        console.log(
          `${rows.length} events, ${told} tellings, ${cutter.cuts} cuts, ${KILLS} kills, ${returns()} returns; the naive client lost ${differences(truth, naive.lines).lost}`,
        );
      } finally {
        isWriting = false;
        for (const { follower } of all) follower.close();
        naive.close();
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
