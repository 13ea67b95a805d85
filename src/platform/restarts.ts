// How fast the processes of a service are started again, and how often: what may be asked for, and what the node is told.
import { z } from 'zod';
import type { RestartPace } from '../fleet/types.ts';
import type { Service } from '../store/entities/service.ts';
import { DAY_MS, duration, durationMs } from './durations.ts';

/** Less than a tenth of a second between two runs would keep a node busy with nothing else. */
const LEAST_DELAY_MS = 100;

export const RESTART = z
  .object({
    initialDelay: duration(LEAST_DELAY_MS, DAY_MS).nullish(),
    factor: z.number().min(1, 'must be at least 1').max(10, 'must be at most 10').nullish(),
    maxDelay: duration(LEAST_DELAY_MS, DAY_MS).nullish(),
    jitter: z.number().min(0, 'must be at least 0').max(1, 'must be at most 1').nullish(),
    resetAfter: duration(0, DAY_MS).nullish(),
    limit: z.int().min(1, 'must be at least 1').max(1000, 'must be at most 1000').nullish(),
    window: duration(1_000, DAY_MS).nullish(),
  })
  .nullish();

const WORDS = ['initialDelay', 'factor', 'maxDelay', 'jitter', 'resetAfter', 'limit', 'window'] as const;
type Columns = { [Word in (typeof WORDS)[number] as `restart${Capitalize<Word>}`]?: string | number | null };

/** The columns that this input writes: what is left out stays, null clears it, null for all clears all. */
export function restartColumns(input: z.output<typeof RESTART>): Columns {
  if (input === undefined) return {};
  const entries = WORDS.flatMap((word) => {
    const value = input === null ? null : input[word];
    return value === undefined ? [] : [[`restart${word[0]?.toUpperCase()}${word.slice(1)}`, value]];
  });
  return Object.fromEntries(entries) as Columns;
}

/** What the node is told; undefined if nothing was ever set, for then it has a pace of its own. */
export function paceOf(service: Service): RestartPace | undefined {
  const { restartFactor, restartJitter, restartLimit } = service;
  const { restartInitialDelay, restartMaxDelay, restartResetAfter, restartWindow } = service;
  const spans = [restartInitialDelay, restartMaxDelay, restartResetAfter, restartWindow];
  if ([...spans, restartFactor, restartJitter, restartLimit].every((value) => value == null)) return undefined;
  const ms = (span: string | null | undefined, otherwise: number) => durationMs(span ?? '') ?? otherwise;
  return {
    initialDelayMs: ms(restartInitialDelay, 1_000),
    factor: restartFactor ?? 2,
    maxDelayMs: ms(restartMaxDelay, 60_000),
    jitter: restartJitter ?? 0,
    resetAfterMs: ms(restartResetAfter, 60_000),
    limit: restartLimit ?? 0,
    windowMs: ms(restartWindow, 600_000),
  };
}
