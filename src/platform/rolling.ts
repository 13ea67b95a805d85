// The plan of a rolling restart: what may be asked for, which batches come of it, and what counts as down.
import { z } from 'zod';
import { badInput } from '../errors.ts';
import { ON_FAILURE } from '../store/entities/operation.ts';
import type { HealthState, Process, ProcessStatus } from '../store/entities/process.ts';
import { check } from './check.ts';
import { DAY_MS, duration } from './durations.ts';

const span = () => duration(0, DAY_MS);
const count = () => z.int().min(1, 'must be at least 1');

const INPUT = z.object({
  batchSize: count().nullish(),
  batchPercent: count().max(100, 'must be at most 100').nullish(),
  pause: span().nullish(),
  maxDown: count().nullish(),
  patience: span().nullish(),
  onFailure: z.enum(ON_FAILURE).nullish(),
  expectCount: z.int().min(0, 'must be at least 0').nullish(),
  dryRun: z.boolean().nullish(),
});

/** What is not said is as careful as it can be: one at a time, and no further after a failure. */
const DEFAULTS = { pause: 'PT0S', patience: 'PT5M', onFailure: 'HALT' } as const;

export type RollingInput = z.output<typeof INPUT>;

/** Throws BAD_USER_INPUT that names the field at fault. */
export function checkRolling(input: unknown): RollingInput {
  const asked = check(INPUT, input);
  if (asked.batchSize == null || asked.batchPercent == null) return asked;
  throw badInput(
    'input.batchPercent cannot be given beside input.batchSize: a batch has one size.',
    'input.batchPercent',
  );
}

export interface RollingPlan {
  readonly batches: readonly (readonly Process[])[];
  /** The columns of the operation that say how it is carried out. */
  readonly settings: {
    readonly batchSize: number;
    readonly batchPercent: number | null;
    readonly pause: string;
    readonly maxDown: number;
    readonly patience: string;
    readonly onFailure: (typeof ON_FAILURE)[number];
  };
}

/** `processes` in the order of their creation. */
export function planRolling(processes: readonly Process[], input: RollingInput): RollingPlan {
  const size = batchSize(processes.length, input);
  return {
    batches: batchesOf(inTurn(processes), size),
    settings: {
      batchSize: size,
      batchPercent: input.batchPercent ?? null,
      pause: input.pause ?? DEFAULTS.pause,
      maxDown: input.maxDown ?? size,
      patience: input.patience ?? DEFAULTS.patience,
      onFailure: input.onFailure ?? DEFAULTS.onFailure,
    },
  };
}

/** Per cents are rounded down, but a batch has at least one. */
export function batchSize(total: number, { batchSize: size, batchPercent: percent }: RollingInput): number {
  return percent == null ? (size ?? 1) : Math.max(1, Math.floor((total * percent) / 100));
}

export function batchesOf<Member>(members: readonly Member[], size: number): Member[][] {
  return Array.from({ length: Math.ceil(members.length / size) }, (_, index) =>
    members.slice(index * size, (index + 1) * size),
  );
}

/** Steps with the same number of a batch, in the order of the batches. */
export function batchesByNumber<Step extends { batch?: number | null | undefined }>(steps: readonly Step[]): Step[][] {
  const batches = new Map<number, Step[]>();
  for (const step of steps) batches.set(step.batch ?? 0, [...(batches.get(step.batch ?? 0) ?? []), step]);
  return [...batches.values()];
}

/** Milliseconds of the pause that are left after these steps: all of it, unless they ended in an earlier life of the gateway. */
export function pauseLeft(
  steps: readonly { finishedAt?: string | null | undefined }[],
  pauseMs: number,
  nowMs = Date.now(),
): number {
  const ends = steps.map(({ finishedAt }) => (finishedAt ? Date.parse(finishedAt) : nowMs));
  // A clock that was set back makes no pause longer.
  return Math.min(pauseMs, Math.max(0, Math.max(...ends) + pauseMs - nowMs));
}

/** What is not up comes first: to restart it takes nothing down, and if it fails, it does so before anything that runs is touched. */
export const inTurn = (processes: readonly Process[]): Process[] => [
  ...processes.filter((process) => !isUp(process)),
  ...processes.filter(isUp),
];

/** Not up, though it may run. UNKNOWN: nobody can say that it serves. */
const NOT_WELL = ['UNHEALTHY', 'UNKNOWN'] as const satisfies readonly HealthState[];

/** Conditions on the rows that are not up, and are wanted to be; `isUp` says the same of one. */
export const MAY_BE_DOWN = {
  desired: 'RUNNING',
  $or: [{ status: { $ne: 'RUNNING' } }, { health: { $in: NOT_WELL } }],
} as const;

/** It runs and, where anybody looks at that, is healthy. */
export const isUp = ({ status, health }: Pick<Process, 'status' | 'health'>): boolean =>
  status === 'RUNNING' && !(NOT_WELL as readonly HealthState[]).includes(health);

const ENDED: ReadonlySet<ProcessStatus> = new Set(['STOPPED', 'BACKOFF', 'EXITED', 'FATAL']);

/** Seen down, and not merely out of sight: to restart it can only bring it up. */
export const hasEnded = ({ status }: Pick<Process, 'status'>): boolean => ENDED.has(status);

/** A rolling restart that is under way: no more than `maxDown` of its members may be down. */
export interface Bound {
  readonly members: ReadonlySet<string>;
  readonly maxDown: number;
}

/** Whether this one may go down as well, for each of the rolling restarts that it is a member of. */
export function mayGoDown(process: string, bounds: readonly Bound[], isDown: (member: string) => boolean): boolean {
  return bounds
    .filter(({ members }) => members.has(process))
    .every(({ members, maxDown }) => {
      const others = [...members].filter((member) => member !== process && isDown(member));
      return others.length + 1 <= maxDown;
    });
}
