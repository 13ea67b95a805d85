// A kept answer ends after a day: the key is new again, and the row goes, asked for or not.
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { AnswerExpiry } from '../../src/platform/answer-expiry.ts';
import { StoredAnswer } from '../../src/store/entities/stored-answer.ts';
import { type Store, untold } from '../../src/store/store.ts';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const quiet = pino({ level: 'silent' });

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const store = (): Store => gateway.platform.store;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const kept = () => store().write(async (em) => (await em.find(StoredAnswer, {})).map(({ key }) => key));
const keptOld = async () => (await kept()).filter((key) => key.startsWith('old-'));
const create = async (name: string, key: string): Promise<string> =>
  (
    await gateway.run(
      'mutation ($name: String!, $key: String) { createInstance(input: { name: $name }, idempotencyKey: $key) { instance { id } } }',
      { name, key },
    )
  ).createInstance.instance.id;

/** As if the answer had been given so long ago. */
const setBack = (key: string, ms: number) =>
  store().write((em) => untold(em).nativeUpdate(StoredAnswer, { key }, { createdAt: ago(ms) }));

/** So many answers of somebody who never comes again. */
const leaveOld = (count: number) =>
  store().write((em) =>
    untold(em).insertMany(
      StoredAnswer,
      Array.from({ length: count }, (_, index) => ({
        scope: 'gone',
        key: `old-${index}`,
        fingerprint: 'f',
        operation: null,
        answer: null,
        createdAt: ago(DAY_MS + MINUTE_MS),
      })),
    ),
  );

beforeEach(() => store().write((em) => untold(em).nativeDelete(StoredAnswer, {})));

it('answers the same until the day is over, and does it anew after that', async () => {
  const first = await create('One', 'k');
  await setBack('k', DAY_MS - MINUTE_MS);
  expect(await create('One', 'k')).toBe(first);
  await setBack('k', DAY_MS + MINUTE_MS);
  const second = await create('One', 'k');
  expect(second).not.toBe(first);
  expect(await create('One', 'k')).toBe(second);
});

it('a key is free for other input after a day, and then stands for that', async () => {
  const first = await create('One', 'k');
  await setBack('k', DAY_MS - MINUTE_MS);
  await expect(create('Two', 'k')).rejects.toThrow('IDEMPOTENCY_KEY_REUSED');
  await setBack('k', DAY_MS + MINUTE_MS);
  const second = await create('Two', 'k');
  expect(second).not.toBe(first);
  await expect(create('One', 'k')).rejects.toThrow('IDEMPOTENCY_KEY_REUSED');
  expect(await kept()).toEqual(['k']);
});

it('an answer that is kept takes some that have expired with it, and no others', async () => {
  await create('One', 'young');
  await leaveOld(25);
  await create('One', 'next');
  const left = await kept();
  expect(left.filter((key) => key.startsWith('old-'))).toHaveLength(15);
  expect(left).toEqual(expect.arrayContaining(['young', 'next']));
});

it('what has expired goes at the next start, where nobody sends a key', async () => {
  const young = await create('One', 'young');
  await leaveOld(250);
  gateway = await gateway.again();
  await until('the old ones to be gone', async () => (await keptOld()).length === 0);
  expect(await kept()).toEqual(['young']);
  expect(await create('One', 'young')).toBe(young);
});

it('and while the gateway runs, in pieces', async () => {
  const pieces: unknown[] = [];
  const write: Store['write'] = async (work) => {
    const done = await store().write(work);
    if (done !== 0) pieces.push(done);
    return done;
  };
  const expiry = new AnswerExpiry({ store: { write } as Store, log: quiet }, 10);
  try {
    for (const count of [250, 30]) {
      await leaveOld(count);
      await until('the old ones to be gone', async () => (await keptOld()).length === 0);
    }
    // Each look sees the whole of what was left in one transaction.
    expect(pieces).toEqual([100, 100, 50, 30]);
  } finally {
    await expiry.close();
  }
});

it('ends with the piece under way when the gateway closes', async () => {
  await leaveOld(250);
  let closed: Promise<void> | undefined;
  const write: Store['write'] = (work) => {
    closed ??= expiry.close();
    return store().write(work);
  };
  const expiry: AnswerExpiry = new AnswerExpiry({ store: { write } as Store, log: quiet }, 10);
  await until('its first piece', () => closed !== undefined);
  await closed;
  expect(await keptOld()).toHaveLength(150);
  expiry.look();
  await expiry.close();
  expect(await keptOld()).toHaveLength(150);
});

it('goes on after a look that failed', async () => {
  await leaveOld(5);
  let failures = 0;
  const write: Store['write'] = (work) => {
    if (failures >= 2) return store().write(work);
    failures += 1;
    throw new Error('locked');
  };
  const expiry = new AnswerExpiry({ store: { write } as Store, log: quiet }, 10);
  try {
    await until('the old ones to be gone', async () => (await keptOld()).length === 0);
    expect(failures).toBe(2);
  } finally {
    await expiry.close();
  }
});
