// A service: what the processes of one kind on an instance run, and how.
import { defineEntity, p } from '@mikro-orm/core';
import { json, lifespan, text, word } from './columns.ts';
import { Instance } from './instance.ts';

/** The union of what the two versions of the platform's document allow; stored as given. */
export const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'WARNING', 'ERROR', 'FATAL'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const RESTART_POLICIES = ['NEVER', 'ON_FAILURE', 'ALWAYS'] as const;
export type RestartPolicy = (typeof RESTART_POLICIES)[number];

/** NONE: its processes are not looked at, whatever the type says. */
export const HEALTH_CHECK_KINDS = ['NONE', 'TCP', 'HTTP', 'COMMAND'] as const;
export type HealthCheckKind = (typeof HEALTH_CHECK_KINDS)[number];

const schema = defineEntity({
  name: 'Service',
  tableName: 'service',
  properties: {
    id: p.integer().primary().autoincrement(),
    name: text(),
    description: text().nullable(),
    type: text(),
    logLevel: word<LogLevel>().nullable(),
    options: json().default('{}'),
    // Whether any were ever given: a dialect shows them only then.
    optionsGiven: p.boolean().default(false),
    restartPolicy: word<RestartPolicy>().default('NEVER'),
    // The pace of it; spans as ISO 8601 text, as they were given. Null: as it is for all.
    restartInitialDelay: text().nullable(),
    restartFactor: p.float().nullable(),
    restartMaxDelay: text().nullable(),
    restartJitter: p.float().nullable(),
    restartResetAfter: text().nullable(),
    restartLimit: p.integer().nullable(),
    restartWindow: text().nullable(),
    // How its processes are looked at, in place of what its type says. Without a kind: as the type says. Null: as is usual.
    healthCheckKind: word<HealthCheckKind>().nullable(),
    healthCheckHost: text().nullable(),
    healthCheckPort: text().nullable(),
    healthCheckPath: text().nullable(),
    healthCheckExpectedStatus: text().nullable(),
    healthCheckCommand: json().nullable(),
    healthCheckInterval: text().nullable(),
    healthCheckTimeout: text().nullable(),
    healthCheckHealthyThreshold: p.integer().nullable(),
    healthCheckUnhealthyThreshold: p.integer().nullable(),
    healthCheckStartPeriod: text().nullable(),
    ...lifespan(),
    instance: () => p.manyToOne(Instance).ref().deleteRule('cascade'),
  },
});

export class Service extends schema.class {}
schema.setClass(Service);
