// Safe to repeat: a mutation that is sent again under its key is not done again, whatever became of the gateway in between.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutAfter } from '../kit/cut.ts';
import { holdings, withoutUuids } from '../kit/holdings.ts';
import { until } from '../kit/until.ts';
import { MUTATIONS, type Repeated } from './repeating/mutations.ts';
import { makeSeed, type Seed } from './repeating/seed.ts';
import { type Args, FIELDS, send } from './repeating/send.ts';

const KEY = 'key-1';
// More than any mutation has: the loop ends with the first that is not cut.
const MANY = 100;
const PATIENCE_MS = 300_000;

let seed: Seed;
beforeAll(async () => {
  seed = await makeSeed();
});
afterAll(() => seed[Symbol.asyncDispose]());

const filled = (input: Args, made: string): Args => JSON.parse(JSON.stringify(input).replaceAll('$made', made));

/** A fresh platform with what the mutation is about. */
async function prepare(row: Repeated) {
  const gateway = await seed.open();
  const id = (await row.given?.(gateway)) ?? '';
  return { gateway, input: filled(row.input, id), other: filled(row.other, id) };
}

/** What is there, and what is answered, where it is asked for once, without a key. */
async function undisturbed(name: string, row: Repeated) {
  const { gateway, input } = await prepare(row);
  await using _closed = gateway;
  const { data, errors } = await send(gateway, name, row, input);
  expect(errors).toBeUndefined();
  return { data: withoutUuids(data), there: holdings(gateway) };
}

// What is made up at random of each thing that is created.
const steady = (data: unknown) =>
  withoutUuids(JSON.parse(JSON.stringify(data).replace(/("clientId":)"[^"]+"/, '$1"?"')));

// What they answer is a secret that is shown once.
const NOT_KEPT = ['logIn', 'createToken'];

it('is a promise about every mutation that answers no secret', () => {
  expect([...Object.keys(MUTATIONS), ...NOT_KEPT].sort()).toEqual(Object.keys(FIELDS).sort());
});

// Side by side: most of the time goes by in waiting, for nodes, processes and the disk. Vitest bounds how many.
describe.concurrent.each(Object.entries(MUTATIONS))('%s', (name, row) => {
  it(
    'sent twice under one key is done once, has the same answer, says so, and refuses other input',
    async () => {
      const { gateway, input, other } = await prepare(row);
      await using _closed = gateway;
      const first = await send(gateway, name, row, { ...input, idempotencyKey: KEY });
      expect(first).toMatchObject({ data: expect.anything(), isMarked: false });
      expect(first.extensions?.idempotencyReplayed).toBeUndefined();
      const there = holdings(gateway);
      const again = await send(gateway, name, row, { ...input, idempotencyKey: KEY }, true);
      expect(again).toMatchObject({ data: first.data, extensions: { idempotencyReplayed: ['it'] }, isMarked: true });
      expect(holdings(gateway)).toEqual(there);
      const refused = await send(gateway, name, row, { ...other, idempotencyKey: KEY });
      expect(refused.errors?.[0]?.extensions).toMatchObject({
        code: 'IDEMPOTENCY_KEY_REUSED',
        field: 'idempotencyKey',
      });
      expect(holdings(gateway)).toEqual(there);
    },
    PATIENCE_MS,
  );

  it(
    'cut off after any transaction and sent again to the next gateway is done once',
    async () => {
      const whole = await undisturbed(name, row);
      for (let commits = 1, isCut = true; isCut && commits <= (row.cuts ?? MANY); commits++) {
        const { gateway, input } = await prepare(row);
        const keyed = { ...input, idempotencyKey: KEY };
        const cut = cutAfter(gateway, commits);
        const sent = send(gateway, name, row, keyed).catch(() => undefined);
        const answer = await Promise.race([sent, cut.happened.then(() => undefined)]);
        isCut = answer?.data == null;
        await gateway.stop().catch(() => {});
        await sent;
        await using next = await gateway.again();
        const again = await send(next, name, row, keyed);
        expect({ commits, errors: again.errors, data: steady(again.data) }).toEqual({
          commits,
          errors: undefined,
          data: steady(whole.data),
        });
        const seen = await until(
          'the end of what goes on',
          () => same(holdings(next), whole.there),
          PATIENCE_MS / 4,
        ).catch(() => holdings(next));
        expect({ commits, ...(seen === true ? whole.there : seen) }).toEqual({ commits, ...whole.there });
      }
    },
    PATIENCE_MS,
  );
});

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
