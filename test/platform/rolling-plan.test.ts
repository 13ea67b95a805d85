// The plan of a rolling restart: every process once, no batch too large, and no leave that would take one down too many.
import { describe, expect, it } from 'vitest';
import { badInput } from '../../src/errors.ts';
import {
  batchesByNumber,
  batchSize,
  checkRolling,
  mayGoDown,
  pauseLeft,
  planRolling,
} from '../../src/platform/rolling.ts';
import { DESIRED_STATES, HEALTH_STATES, PROCESS_STATUSES, type Process } from '../../src/store/entities/process.ts';
import { fc, property } from '../kit/property.ts';

const process = fc.record({
  desired: fc.constantFrom(...DESIRED_STATES),
  status: fc.constantFrom(...PROCESS_STATUSES),
  health: fc.constantFrom(...HEALTH_STATES),
});
const isReady = ({ status, health }: Process) => status === 'RUNNING' && ['HEALTHY', 'NOT_CHECKED'].includes(health);
const processes = fc
  .array(process, { maxLength: 60 })
  .map((all) => all.map((each, index) => ({ ...each, id: `P${index}` })) as unknown as Process[]);
const input = fc.oneof(
  fc.record({ batchSize: fc.integer({ min: 1, max: 70 }) }),
  fc.record({ batchPercent: fc.integer({ min: 1, max: 100 }) }),
  fc.constant({}),
);
const RUNS = 500;

describe('the plan of a rolling restart', () => {
  property(
    'has every process exactly once, in batches that are full but for the last',
    [processes, input],
    async (all, asked) => {
      const { batches, settings } = planRolling(all, checkRolling(asked));
      const ids = batches.flat().map(({ id }) => id);
      expect([...ids].sort()).toEqual(all.map(({ id }) => id).sort());
      for (const batch of batches.slice(0, -1)) expect(batch).toHaveLength(settings.batchSize);
      if (batches.length > 0) expect(batches.at(-1)?.length).toBeGreaterThan(0);
      expect(batches.at(-1)?.length ?? 0).toBeLessThanOrEqual(settings.batchSize);
    },
    RUNS,
  );

  property(
    'by per cent has batches of that share, rounded down, and of one at least',
    [fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 1, max: 100 })],
    async (total, batchPercent) => {
      const size = batchSize(total, { batchPercent });
      expect(size).toBeGreaterThanOrEqual(1);
      expect(size === 1 || size * 100 <= total * batchPercent).toBe(true);
      expect((size + 1) * 100).toBeGreaterThan(total * batchPercent);
    },
    RUNS,
  );

  property(
    'begins with what is not up, and keeps the order of creation otherwise',
    [processes, input],
    async (all, asked) => {
      const order = planRolling(all, checkRolling(asked)).batches.flat();
      const firstUp = order.findIndex(isReady);
      if (firstUp >= 0) expect(order.slice(firstUp).every(isReady)).toBe(true);
      const place = new Map(all.map(({ id }, index) => [id, index]));
      const places = (up: boolean) => order.filter((each) => isReady(each) === up).map(({ id }) => place.get(id) ?? -1);
      for (const up of [true, false]) expect(places(up)).toEqual([...places(up)].sort((one, other) => one - other));
    },
    RUNS,
  );

  it('is as careful as can be where nothing is said', () => {
    expect(planRolling([], checkRolling({})).settings).toEqual({
      batchSize: 1,
      batchPercent: null,
      pause: 'PT0S',
      maxDown: 1,
      patience: 'PT5M',
      onFailure: 'HALT',
    });
  });

  it.each([
    ['batchSize', 0],
    ['batchPercent', 0],
    ['batchPercent', 101],
    ['maxDown', 0],
    ['expectCount', -1],
    ['pause', 'P2D'],
    ['pause', 'P1M'],
    ['patience', 'P1Y'],
  ])('is refused with the field at fault: %s of %s', (field, value) => {
    expect(() => checkRolling({ [field]: value })).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', field: `input.${field}` }),
    );
  });

  it('is refused for two sizes of one batch', () => {
    expect(() => checkRolling({ batchSize: 1, batchPercent: 10 })).toThrow(
      expect.objectContaining({ code: badInput('').code, field: 'input.batchPercent' }),
    );
  });
});

describe('a place to go down in', () => {
  const MEMBERS = ['a', 'b', 'c', 'd', 'e', 'f'];
  const bounds = fc.array(
    fc.record({
      members: fc.subarray(MEMBERS).map((members) => new Set(members)),
      maxDown: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  const requests = fc.array(fc.record({ member: fc.constantFrom(...MEMBERS), isTaking: fc.boolean() }), {
    maxLength: 40,
  });

  property(
    'is given only while no rolling restart would have more down than it allows, in whatever order they ask',
    [bounds, requests],
    async (all, asked) => {
      const down = new Set<string>();
      for (const { member, isTaking } of asked) {
        if (!isTaking) down.delete(member);
        else if (mayGoDown(member, all, (each) => down.has(each))) down.add(member);
        for (const { members, maxDown } of all)
          expect([...members].filter((each) => down.has(each)).length).toBeLessThanOrEqual(maxDown);
      }
    },
    RUNS,
  );

  it('is not refused by rolling restarts of others', () => {
    const other = { members: new Set(['x', 'y']), maxDown: 1 };
    expect(mayGoDown('a', [other], () => true)).toBe(true);
  });
});

describe('the pause between two batches', () => {
  const ended = (finishedAt: string | null) => [{ finishedAt }];

  it('is whole after steps that ended just now', () => {
    expect(pauseLeft(ended(null), 5_000)).toBe(5_000);
  });

  it('is what is left of it after steps that ended before the gateway was started', () => {
    const end = '2026-01-01T00:00:00.000Z';
    const at = (ms: number) => pauseLeft(ended(end), 5_000, Date.parse(end) + ms);
    expect([0, 2_000, 5_000, 9_000, -3_600_000].map(at)).toEqual([5_000, 3_000, 0, 0, 5_000]);
  });
});

it('steps are put together by the number of their batch', () => {
  expect(batchesByNumber([{ batch: 1 }, { batch: 1 }, { batch: 2 }]).map((batch) => batch.length)).toEqual([2, 1]);
});
