// Which differences are the supervisor's business, and at what pace: rules without a machine.
import { describe, expect, it } from 'vitest';
import { dueIn, remedyFor } from '../../src/platform/differences.ts';
import { Pace } from '../../src/platform/pace.ts';
import type { Process } from '../../src/store/entities/process.ts';

const process = (desired: string, status: string, statusReason = '', restartPolicy = 'NEVER', exitCode = 1) =>
  ({ desired, status, statusReason, exitCode, service: { unwrap: () => ({ restartPolicy }) } }) as never as Process;

describe('what is wanted and what is', () => {
  it.each([
    // What runs and should not, in all its forms, is stopped.
    ['STOP', process('STOPPED', 'RUNNING')],
    ['STOP', process('STOPPED', 'BACKOFF')],
    [undefined, process('STOPPED', 'STOPPED')],
    [undefined, process('STOPPED', 'EXITED', 'NODE_REBOOTED', 'ALWAYS')],
    [undefined, process('STOPPED', 'FATAL', 'RESTART_LIMIT', 'ALWAYS')],
    // Nobody could look: nobody knows.
    [undefined, process('STOPPED', 'UNKNOWN', 'NODE_NOT_CONNECTED')],
    [undefined, process('RUNNING', 'UNKNOWN', 'NODE_NOT_CONNECTED')],
    [undefined, process('RUNNING', 'UNKNOWN', 'GATEWAY_RESTARTED')],
    // It went down for a reason outside of itself.
    ['START', process('RUNNING', 'STOPPED', 'STOPPED_ON_REQUEST')],
    ['START', process('RUNNING', 'STOPPED', 'START_FAILED')],
    ['START', process('RUNNING', 'UNKNOWN', 'NOT_ON_NODE')],
    ['START', process('RUNNING', 'EXITED', 'NODE_REBOOTED', 'NEVER')],
    // Nobody knows whether it ended by itself: its policy says what that may mean.
    ['START', process('RUNNING', 'EXITED', 'EXIT_UNKNOWN', 'ON_FAILURE')],
    [undefined, process('RUNNING', 'EXITED', 'EXIT_UNKNOWN', 'NEVER')],
    // It ended by itself.
    [undefined, process('RUNNING', 'EXITED', 'EXIT_CODE', 'NEVER')],
    [undefined, process('RUNNING', 'EXITED', 'SIGNAL', 'NEVER', 137)],
    [undefined, process('RUNNING', 'EXITED', 'EXIT_CODE', 'ON_FAILURE', 0)],
    ['START', process('RUNNING', 'EXITED', 'EXIT_CODE', 'ON_FAILURE', 1)],
    ['START', process('RUNNING', 'EXITED', 'EXIT_CODE', 'ALWAYS', 0)],
    [undefined, process('RUNNING', 'FATAL', 'RESTART_LIMIT', 'ALWAYS')],
    [undefined, process('RUNNING', 'RUNNING')],
    // Under way as far as was heard: the node is asked, once that takes too long.
    ['LOOK', process('RUNNING', 'BACKOFF', 'EXIT_CODE', 'ALWAYS')],
    ['LOOK', process('RUNNING', 'STARTING')],
    ['LOOK', process('STOPPED', 'STOPPING')],
  ])('%s is what %o needs', (remedy, row) => {
    expect(remedyFor(row)).toBe(remedy);
  });
});

describe('what is on its way', () => {
  const at = (ms: number) => new Date(ms).toISOString();
  it('is given the time that it takes, and then looked at again', () => {
    const waiting = {
      ...process('RUNNING', 'BACKOFF'),
      nextAttemptAt: at(60_000),
      changedAt: at(0),
    } as never as Process;
    expect(dueIn(waiting, 'LOOK', 30_000)).toBe(32_000);
    expect(dueIn(waiting, 'LOOK', 62_000)).toBe(0);
    const starting = { ...process('RUNNING', 'STARTING'), changedAt: at(10_000) } as never as Process;
    expect(dueIn(starting, 'LOOK', 11_000)).toBe(1_000);
    expect(dueIn(process('RUNNING', 'STOPPED'), 'START')).toBe(0);
  });
});

describe('attempts for one fault', () => {
  it('wait longer and longer, up to five minutes, and begin anew after a healthy spell', () => {
    let now = 0;
    const pace = new Pace(() => now);
    const waits: number[] = [];
    expect(pace.waitMs('it')).toBe(0);
    for (let tries = 0; tries < 12; tries++) {
      pace.tried('it');
      const wait = pace.waitMs('it');
      waits.push(wait / 1000);
      now += wait;
      expect(pace.waitMs('it')).toBe(0);
    }
    expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]);
    expect(pace.attempts('it')).toBe(12);
    expect(pace.waitMs('another')).toBe(0);
    now += 59_000;
    expect(pace.attempts('it')).toBe(12);
    now += 2_000;
    expect(pace.attempts('it')).toBe(0);
    pace.tried('it');
    expect(pace.waitMs('it')).toBe(2_000);
  });
});
