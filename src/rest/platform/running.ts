// What `/1.0` says of running: true or false where it is known, and an error where it is not. UNKNOWN is never false.

import { Fault } from '../fault.ts';
import type {
  PlatformOutcomeFragment,
  PlatformServiceStateFragment,
  PlatformStateFragment,
  ProcessStatus,
} from '../generated/documents.ts';

/** What each status means to a dialect that knows only two. Being stopped, it still runs; being started, it does not yet. */
const RUNS: Readonly<Record<Exclude<ProcessStatus, 'UNKNOWN'>, boolean>> = {
  RUNNING: true,
  STOPPING: true,
  STARTING: false,
  STOPPED: false,
  BACKOFF: false,
  EXITED: false,
  FATAL: false,
};

interface Started {
  readonly request: PlatformOutcomeFragment;
}

/** Throws a fault with status 500 that names each process that nobody could look at, with the reason. */
function expectKnown(processes: readonly PlatformStateFragment[]): void {
  const unknown = processes.filter(({ status }) => status === 'UNKNOWN');
  if (unknown.length === 0) return;
  const reasons = unknown.map(({ id, statusMessage }) => `${id} (${statusMessage ?? 'its node was not reached'})`);
  throw new Fault(500, `It is not known whether these processes run: ${reasons.join('; ')}`);
}

/** A start or stop that is still under way has no truth to tell yet. */
function expectEnded({ request: { operation } }: Started): void {
  const open = operation.open.nodes.map(({ processId }) => processId);
  if (open.length > 0)
    throw new Fault(500, `These processes were not done in time, and are still being worked on: ${open.join('; ')}`);
}

const runs = ({ id, status }: PlatformStateFragment) => ({ id, running: RUNS[status as keyof typeof RUNS] });

/** A service runs when it has processes and all of them run. */
function serviceRuns({ id, processes }: PlatformServiceStateFragment) {
  const states = processes.nodes.map(runs);
  return { id, running: states.length > 0 && states.every(({ running }) => running), processes: states };
}

export function processStatus(process: PlatformStateFragment) {
  expectKnown([process]);
  return runs(process);
}

export function processOutcome(process: PlatformStateFragment, started: Started) {
  expectEnded(started);
  return processStatus(process);
}

export function serviceStatus(service: PlatformServiceStateFragment) {
  expectKnown(service.processes.nodes);
  return { running: serviceRuns(service).running };
}

export function serviceOutcome(service: PlatformServiceStateFragment, started: Started) {
  expectEnded(started);
  expectKnown(service.processes.nodes);
  return serviceRuns(service);
}

export function allStatuses(services: readonly PlatformServiceStateFragment[]) {
  expectKnown(services.flatMap(({ processes }) => processes.nodes));
  return services.map((service) => ({ id: service.id, running: serviceRuns(service).running }));
}

export function allOutcomes(services: readonly PlatformServiceStateFragment[], started: Started) {
  expectEnded(started);
  expectKnown(services.flatMap(({ processes }) => processes.nodes));
  return services.map(serviceRuns);
}
