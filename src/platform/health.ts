// Health: what is remembered of it beside the status, and waiting for it after a start.
import type { HealthCheck, HealthObservation } from '../fleet/types.ts';
import type { HealthState, ProcessStatus } from '../store/entities/process.ts';
import type { NewsBus, ProcessChange } from './news.ts';
import { StepFailure } from './step-failure.ts';

/** What was heard of health: null where nobody looks, undefined where nothing was said of it. */
export type HealthSeen = HealthObservation | null | undefined;

export interface HealthColumns {
  readonly health: HealthState;
  readonly healthMessage: string | null;
  readonly healthSince: string | null;
}

/** A process as it is remembered. */
interface Row {
  readonly status: ProcessStatus;
  readonly checked: boolean;
  readonly health: HealthState;
  readonly healthMessage?: string | null | undefined;
  readonly healthSince?: string | null | undefined;
}

/** Whether its node looks at it while it runs, after this was heard. */
export const isChecked = (row: Pick<Row, 'checked'>, seen: HealthSeen): boolean =>
  seen === undefined ? row.checked : seen !== null;

/** What is remembered once a process has this status and this was heard of its health. `at`: when. */
export function healthColumns(
  row: Row,
  next: { status: ProcessStatus; message: string | null; at: string; seen: HealthSeen },
): HealthColumns {
  const { health, message, since } = healthIn(row, next);
  // Not since the same was heard once more, nor by another clock.
  const kept = health === row.health ? row.healthSince : undefined;
  return { health, healthMessage: message, healthSince: health === 'NOT_CHECKED' ? null : (kept ?? since) };
}

function healthIn(
  row: Row,
  { status, message, at, seen }: { status: ProcessStatus; message: string | null; at: string; seen: HealthSeen },
): { health: HealthState; message: string | null; since: string } {
  const none = { health: 'NOT_CHECKED', message: null, since: at } as const;
  if (!isChecked(row, seen)) return none;
  // Nobody can look, at its health no more than at the rest of it.
  if (status === 'UNKNOWN') return { health: 'UNKNOWN', message, since: at };
  if (status !== 'RUNNING') return none;
  if (seen) return { health: seen.state, message: seen.message ?? null, since: seen.since.toISOString() };
  if (row.status === 'RUNNING' && row.health !== 'NOT_CHECKED')
    return { health: row.health, message: row.healthMessage ?? null, since: at };
  return { health: 'UNKNOWN', message: 'It has not been looked at yet.', since: at };
}

/** Waits for health; throws NOT_HEALTHY, HEALTH_UNKNOWN, EXITED_EARLY or, when the signal says so, SUPERSEDED. */
export type HealthWait = (signal: AbortSignal) => Promise<void>;

export interface HealthWatch {
  /** The longest that this check takes to come to a judgement, and a little. `now`: what is known already. */
  wait(check: HealthCheck, now?: HealthSeen): HealthWait;
  close(): void;
}

// For what a busy node and a slow line add to what the check says of itself.
const SLACK_MS = 20_000;
const ENDED: ReadonlySet<string> = new Set(['EXITED', 'BACKOFF', 'FATAL']);
const RUNS_ON = 'It was started and runs on.';

type Known = Pick<ProcessChange, 'status' | 'message' | 'health' | 'healthMessage'>;

/** Begins to listen at once: made before the start, so that nothing is missed. */
export function watchHealth(bus: NewsBus, processId: string): HealthWatch {
  let known: Known | undefined;
  let isWaiting = false;
  let wake: () => void = () => {};
  const close = bus.listen('processChange', (change) => {
    // Of an end before the start, what is heard may be late.
    if (change.processId !== processId || (change.status === 'STOPPED' && !isWaiting)) return;
    known = change;
    wake();
  });
  const wait = (check: HealthCheck, now?: HealthSeen): HealthWait => {
    if (now) known = { status: 'RUNNING', message: null, health: now.state, healthMessage: now.message ?? null };
    return async (signal) => {
      isWaiting = true;
      const limit = longest(check);
      const deadline = performance.now() + limit;
      try {
        for (;;) {
          if (signal.aborted)
            throw new StepFailure('SUPERSEDED', `A later request came before it was healthy. ${RUNS_ON}`);
          if (known && isHealthy(known)) return;
          const left = deadline - performance.now();
          if (left <= 0) throw notInTime(known, limit);
          await new Promise<void>((resolve) => {
            wake = resolve;
            signal.addEventListener('abort', wake, { once: true });
            setTimeout(resolve, left).unref();
          });
        }
      } finally {
        close();
      }
    };
  };
  return { wait, close };
}

function longest({ startPeriodMs, intervalMs, timeoutMs, healthyThreshold, unhealthyThreshold }: HealthCheck): number {
  return startPeriodMs + (healthyThreshold + unhealthyThreshold) * (intervalMs + timeoutMs) + SLACK_MS;
}

/** Throws what can be known to be a failure. */
function isHealthy({ status, message, health, healthMessage }: Known): boolean {
  if (ENDED.has(status)) throw new StepFailure('EXITED_EARLY', message ?? 'It ended before it was healthy.');
  if (status === 'STOPPED') throw new StepFailure('SUPERSEDED', 'It was stopped before it was healthy.');
  if (health === 'UNHEALTHY')
    throw new StepFailure('NOT_HEALTHY', `It is not healthy: ${healthMessage ?? 'its check failed.'} ${RUNS_ON}`);
  return status === 'RUNNING' && health === 'HEALTHY';
}

function notInTime(known: Known | undefined, limitMs: number): StepFailure {
  const why = known?.healthMessage ?? known?.message ?? 'Nobody could look.';
  return new StepFailure(
    'HEALTH_UNKNOWN',
    `Nobody could say whether it is healthy within ${Math.round(limitMs / 1000)} s: ${why} ${RUNS_ON}`,
  );
}
