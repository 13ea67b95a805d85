// A random walk through GraphQL alone, and the same walk with some of its steps through the dialects, leave the same store.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { startGateway } from '../kit/gateway.ts';
import { rest } from '../kit/rest.ts';
import { dump } from './walk/dump.ts';
import { firstItems, instances, integrations, itemsGone, tenants, users } from './walk/items.ts';
import { firstMachines, machines, machinesGone, processes } from './walk/machines.ts';

const kinds = [instances, tenants, users, integrations, machines, processes].map((kind) => fc.oneof(...kind));
const steps = fc.oneof(
  ...kinds.map((arbitrary) => ({ weight: 4, arbitrary })),
  // Seldom, or there is nothing left to walk on.
  { weight: 1, arbitrary: fc.oneof(...itemsGone, ...machinesGone) },
);
/** 0 goes through the graph, all else through a dialect. */
const way = fc.integer({ min: 0, max: 3 });
const BEGINNING = [...firstItems, ...firstMachines];

it('leaves the same store, whichever way each step goes', async () => {
  const count = { all: 0, done: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(steps, way), { minLength: 20, maxLength: 60 }),
      fc.infiniteStream(way),
      async (walk, ways) => {
        await using graph = await startGateway();
        await using mixed = await startGateway();
        const beginning = BEGINNING.map((each) => [each, ways.next().value as number] as const);
        for (const [each, way] of [...beginning, ...walk]) {
          const errors = await graph.errors(each.mutation, await each.variables(graph));
          count.all++;
          if (errors.length === 0) count.done++;
          if (way === 0) await mixed.errors(each.mutation, await each.variables(mixed));
          else {
            const [method, path, body] = await each.request(mixed);
            const answer = await rest(mixed.url, method, path, { body });
            expect([answer.status < 300, answer.text], JSON.stringify([method, path, body, errors])).toEqual([
              errors.length === 0,
              expect.anything(),
            ]);
            expect(answer.status).toBeLessThan(500);
          }
        }
        expect(dump(mixed)).toEqual(dump(graph));
      },
    ),
    { numRuns: 10, endOnFailure: true },
  );
  // A walk of refusals would prove little.
  expect(count.done / count.all).toBeGreaterThan(0.5);
}, 600_000);
