// Observations of the fleet in the platform's words: status, reason, and a sentence for people.
import type { Observation } from '../fleet/types.ts';
import type { StatusReason } from '../store/entities/process.ts';
import type { Seen } from './status.ts';

/** What an observation of the fleet means in the platform's words. */
export function toSeen(observation: Observation): Seen {
  const { processId, pid, exitCode, signal, restarts } = observation;
  const at = observation.at.toISOString();
  // It may have ended while nobody was connected: since then it is so, not since somebody looked.
  const ended = { processId, exitCode, signal, restarts, at, since: observation.endedAt?.toISOString() };
  const { health } = observation;
  const runs = { processId, pid, restarts, at, health, startedAt: observation.startedAt?.toISOString() };
  const [why, how] = ending(exitCode, signal);
  switch (observation.state) {
    case 'RUNNING':
      return restarts
        ? { ...runs, status: 'RUNNING', reason: 'RESTARTED' }
        : { ...runs, status: 'RUNNING', reason: 'STARTED', actor: 'DESIRED' };
    case 'STARTING':
      // By policy, and not because anybody asked.
      return restarts
        ? { ...runs, status: 'STARTING', reason: 'RESTARTING' }
        : { ...runs, status: 'STARTING', reason: 'START_REQUESTED', actor: 'DESIRED' };
    case 'BACKOFF':
      return {
        ...ended,
        status: 'BACKOFF',
        reason: why,
        message: `${how} It will be started again.`,
        nextAttemptAt: observation.nextAttemptAt?.toISOString(),
      };
    case 'FATAL':
      return {
        ...ended,
        status: 'FATAL',
        reason: 'RESTART_LIMIT',
        message: `${how} It was started again as often as its service allows (${restarts} in all): its node gave up. A start tries anew.`,
      };
    case 'STOPPED':
      return { ...ended, status: 'STOPPED', reason: 'STOPPED_ON_REQUEST', actor: 'DESIRED' };
    case 'EXITED':
      return { ...ended, status: 'EXITED', reason: why, message: how };
    case 'LOST':
      return observation.lost === 'REBOOT'
        ? { ...ended, status: 'EXITED', reason: 'NODE_REBOOTED', message: 'The node was rebooted while it ran.' }
        : { ...ended, status: 'EXITED', reason: 'EXIT_UNKNOWN', message: 'It is gone, and nobody saw how it ended.' };
  }
}

export function notOnNode(processId: string): Seen {
  return {
    processId,
    status: 'UNKNOWN',
    reason: 'NOT_ON_NODE',
    message: 'The node has no record of this process: its home directory, or the user to log in as, may have changed.',
  };
}

/** Why it is down, and the same for people. A full disk may keep a node from saying. */
function ending(exitCode: number | undefined, signal: string | undefined): [StatusReason, string] {
  if (signal !== undefined) return ['SIGNAL', `It was ended by ${signal}.`];
  if (exitCode !== undefined) return ['EXIT_CODE', `It ended with exit code ${exitCode}.`];
  return ['EXIT_UNKNOWN', 'It is gone, and nobody saw how it ended.'];
}
