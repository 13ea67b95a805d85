// Differences between what is wanted of a process and what was seen of it, and which of them are anybody's business.
import type { Process, ProcessStatus } from '../store/entities/process.ts';

/** `observe`: differences are told, and nothing is done about them. */
export const SUPERVISOR_MODES = ['on', 'observe'] as const;
export type SupervisorMode = (typeof SUPERVISOR_MODES)[number];

/** What would bring a process to what is wanted; LOOK where nobody can tell before the node is asked. */
export type Remedy = 'START' | 'STOP' | 'LOOK';

// How long a node may take to say what became of a start, a stop or a due restart before it is asked.
const GRACE_MS = 2_000;

/** Who is down, and why nobody but a supervisor will start it. What ended by itself is its node's to start again, by its policy. */
const NEEDS_START: Partial<Readonly<Record<ProcessStatus, (process: Process) => boolean>>> = {
  // Stopped by hand, or its start never came so far.
  STOPPED: () => true,
  UNKNOWN: ({ statusReason }) => statusReason === 'NOT_ON_NODE',
  EXITED: (process) => {
    const policy = process.service.unwrap().restartPolicy;
    // Down with its machine, and not by itself.
    if (process.statusReason === 'NODE_REBOOTED') return true;
    if (process.statusReason === 'EXIT_UNKNOWN') return policy !== 'NEVER';
    // By its policy it would run again: whoever was to see to that on the node is gone.
    return policy === 'ALWAYS' || (policy === 'ON_FAILURE' && process.exitCode !== 0);
  },
};

const IS_UP: ReadonlySet<ProcessStatus> = new Set(['RUNNING', 'BACKOFF', 'STARTING']);

/** Of a process that was read with its service, and that no operation works on. Nothing if it is as it should be. */
export function remedyFor(process: Process): Remedy | undefined {
  const { desired, status } = process;
  if (desired === 'STOPPED' && IS_UP.has(status)) return 'STOP';
  if (desired === 'RUNNING' && NEEDS_START[status as ProcessStatus]?.(process)) return 'START';
  return status === 'STARTING' || status === 'STOPPING' || status === 'BACKOFF' ? 'LOOK' : undefined;
}

/** Milliseconds until the remedy is due by what was seen: what is on its way is given the time that it takes. */
export function dueIn(process: Process, remedy: Remedy, now = Date.now()): number {
  if (remedy !== 'LOOK') return 0;
  if (process.status !== 'BACKOFF') return Date.parse(process.changedAt) + GRACE_MS - now;
  return process.nextAttemptAt ? Date.parse(process.nextAttemptAt) + GRACE_MS - now : GRACE_MS;
}

/** Conditions on the rows that can differ at all; `remedyFor` says whether they do. */
export const MAY_DIFFER = {
  $or: [
    { desired: 'RUNNING', status: { $in: ['STOPPED', 'EXITED', 'UNKNOWN', 'STARTING', 'STOPPING', 'BACKOFF'] } },
    { desired: 'STOPPED', status: { $in: ['RUNNING', 'BACKOFF', 'STARTING', 'STOPPING'] } },
  ],
} as const;
