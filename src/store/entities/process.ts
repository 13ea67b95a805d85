// A process: the immutable triple of instance, service and node, what is wanted of it, and what was seen of it.
import { defineEntity, p } from '@mikro-orm/core';
import { instant, now, text, word } from './columns.ts';
import { Instance } from './instance.ts';
import { Node } from './node.ts';
import { Service } from './service.ts';

export const DESIRED_STATES = ['RUNNING', 'STOPPED'] as const;
export type DesiredState = (typeof DESIRED_STATES)[number];

/** supervisord's words. UNKNOWN: nobody could look. */
export const PROCESS_STATUSES = [
  'STOPPED',
  'STARTING',
  'RUNNING',
  'BACKOFF',
  'STOPPING',
  'EXITED',
  'FATAL',
  'UNKNOWN',
] as const;
export type ProcessStatus = (typeof PROCESS_STATUSES)[number];

export const STATUS_REASONS = [
  'NEVER_STARTED',
  'START_REQUESTED',
  'START_FAILED',
  'STARTED',
  'RESTARTING',
  'RESTARTED',
  'STOP_REQUESTED',
  'STOPPED_ON_REQUEST',
  'EXIT_CODE',
  'SIGNAL',
  'NODE_REBOOTED',
  'EXIT_UNKNOWN',
  'RESTART_LIMIT',
  'NODE_NOT_CONNECTED',
  'NOT_ON_NODE',
  'GATEWAY_RESTARTED',
  'DELETED',
] as const;
export type StatusReason = (typeof STATUS_REASONS)[number];

/** What was seen of the health of what runs. */
export const HEALTH_STATES = ['HEALTHY', 'UNHEALTHY', 'UNKNOWN', 'NOT_CHECKED'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

const schema = defineEntity({
  name: 'Process',
  tableName: 'process',
  // The processes of a service in their order: read most often, and by the most rows at once.
  indexes: [{ name: 'process_service_id_index', properties: ['service', 'createdAt', 'id'] }],
  properties: {
    id: text().primary(),
    desired: word<DesiredState>().default('STOPPED'),
    // Who asked for the desired state.
    desiredActor: text().nullable(),
    status: word<ProcessStatus>().default('STOPPED'),
    statusReason: word<StatusReason>().default('NEVER_STARTED'),
    statusMessage: text().nullable(),
    // Who asked for what led to this status; null when nobody did, as after a crash.
    statusActor: text().nullable(),
    pid: p.integer().nullable(),
    exitCode: p.integer().nullable(),
    signal: text().nullable(),
    restarts: p.integer().default(0),
    nextAttemptAt: instant().nullable(),
    // The version of the artifact that it was last started with.
    artifact: text().nullable(),
    health: word<HealthState>().default('NOT_CHECKED'),
    healthMessage: text().nullable(),
    healthSince: instant().nullable(),
    // Whether its node looks at it while it runs, by what it was last started with.
    checked: p.boolean().default(false),
    startedAt: instant().nullable(),
    observedAt: instant().onCreate(now),
    changedAt: instant().onCreate(now),
    // Counts the changes of the observed state, so that a reader can tell which of two it has already seen.
    revision: p.integer().default(0),
    createdAt: instant().onCreate(now),
    instance: () => p.manyToOne(Instance).ref().deleteRule('cascade'),
    service: () => p.manyToOne(Service).ref().deleteRule('cascade').index(false),
    node: () => p.manyToOne(Node).ref().deleteRule('cascade'),
  },
});

export class Process extends schema.class {}
schema.setClass(Process);
