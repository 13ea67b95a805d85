// What the platform says on the bus.
import type { Bus } from '../bus/bus.ts';
import type { DesiredState, HealthState, ProcessStatus, StatusReason } from '../store/entities/process.ts';

/** A change of what is known of a process, as it was committed. Ids are public ones. */
export interface ProcessChange {
  readonly processId: string;
  readonly instanceId: string;
  readonly serviceId: string;
  readonly nodeId: string;
  readonly desired: DesiredState;
  readonly status: ProcessStatus;
  readonly previous: ProcessStatus | null;
  readonly reason: StatusReason;
  readonly message: string | null;
  readonly actor: string | null;
  readonly pid: number | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly restarts: number;
  /** When its node will start it again, while it waits for that. */
  readonly nextAttemptAt: string | null;
  readonly health: HealthState;
  readonly healthMessage: string | null;
  /** Since when it is so; null if it is NOT_CHECKED. */
  readonly healthSince: string | null;
  readonly at: string;
  /** Counts the changes of this process: of two changes, the later has the higher. */
  readonly revision: number;
}

export type News = {
  processChange: ProcessChange;
  /** The log has come further: the number of its last event. */
  appended: number;
  /** An operation, or a step of it, has come further; by its id. */
  operationChange: string;
  /** All of a node was looked at, and what was seen is written down; by the id of the node. */
  nodeSeen: string;
  /** A user or a token has changed: who was let in is asked for anew. By its id. */
  accessChange: string;
};

export type NewsBus = Bus<News>;
