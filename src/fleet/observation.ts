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

/** What a keeper's `detail` says about an end; nothing unless it is an exit code or a signal. A signal has the code of a shell, too. */
export function ending(detail: string): { exitCode?: number; signal?: string } {
  const [kind, what = ''] = detail.split(':');
  if (kind === 'exit') return { exitCode: Number(what) };
  if (kind === 'signal') return { ...signalCode(what), signal: `SIG${what}` };
  if (!/^[0-9]+$/.test(detail)) return {};
  const exitCode = Number(detail);
  const name = SIGNALS[exitCode - 129];
  return name === undefined ? { exitCode } : { exitCode, signal: `SIG${name}` };
}

function signalCode(name: string): { exitCode?: number } {
  const [, realtime] = /^RTMIN\+?([0-9]{0,2})$/.exec(name) ?? [];
  const number = realtime === undefined ? SIGNALS.indexOf(name) + 1 : 34 + Number(realtime);
  return number > 0 ? { exitCode: 128 + number } : {};
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
