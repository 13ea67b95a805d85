// A keeper's line about a process, in the words of the fleet. Pure.
import { toHealth } from './health.ts';
import type { KeeperState, ProcessLine } from './protocol.ts';
import type { Observation, ObservedState } from './types.ts';

// Linux's numbers, not those of the machine that the gateway runs on.
const SIGNALS = (
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT ' +
  'CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'
).split(' ');

const STATE: Readonly<Record<KeeperState, ObservedState>> = {
  stopped: 'STOPPED',
  starting: 'STARTING',
  running: 'RUNNING',
  exiting: 'RUNNING', // dead for a moment, its exit not yet written: the next line says how it ended
  exited: 'EXITED',
  backoff: 'BACKOFF',
  fatal: 'FATAL',
  lost: 'LOST',
};

/** What a keeper's `detail` says about an end; nothing unless it is an exit code. */
export function ending(detail: string): { exitCode?: number; signal?: string } {
  if (!/^[0-9]+$/.test(detail)) return {};
  const exitCode = Number(detail);
  const name = SIGNALS[exitCode - 129];
  return name === undefined ? { exitCode } : { exitCode, signal: `SIG${name}` };
}

/** `bootedAt`: when the node booted, in ms of our clock. */
export function toObservation(line: ProcessLine, bootedAt: number, at: Date): Observation {
  const date = (seconds: number) => new Date(Math.round(bootedAt + seconds * 1000));
  const up = line.state === 'running' || line.state === 'exiting';
  const down =
    line.state === 'stopped' || line.state === 'exited' || line.state === 'backoff' || line.state === 'fatal';
  return {
    processId: line.id,
    state: STATE[line.state],
    ...(up && line.pid > 0 ? { pid: line.pid } : {}),
    ...(line.started !== undefined ? { startedAt: date(line.started) } : {}),
    ...(line.ended !== undefined ? { endedAt: date(line.ended) } : {}),
    ...(down ? ending(line.detail) : {}),
    ...(down ? { asked: line.state === 'stopped' } : {}),
    restarts: line.restarts,
    ...(line.state === 'backoff' && line.next !== undefined ? { nextAttemptAt: date(line.next) } : {}),
    ...(line.state === 'running' ? { health: line.health ? toHealth(line.health, bootedAt) : null } : {}),
    ...(line.state === 'lost' ? { lost: line.detail === 'reboot' ? 'REBOOT' : 'UNKNOWN' } : {}),
    at,
  };
}
