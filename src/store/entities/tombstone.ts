// A tombstone: a process that was deleted though it could not be stopped. It is stopped when its node can be reached.
import { defineEntity, p } from '@mikro-orm/core';
import { instant, now, text } from './columns.ts';

const schema = defineEntity({
  name: 'Tombstone',
  tableName: 'tombstone',
  properties: {
    // The id that the process had. What it belonged to is named by ids, too: all of it may be gone.
    id: text().primary(),
    instanceId: text(),
    serviceId: text(),
    serviceName: text(),
    nodeId: text().index(),
    nodeName: text(),
    actor: text(),
    attempts: p.integer().default(0),
    lastErrorReason: text().nullable(),
    lastError: text().nullable(),
    lastAttemptAt: instant().nullable(),
    createdAt: instant().onCreate(now),
    expiresAt: instant(),
  },
});

export class Tombstone extends schema.class {}
schema.setClass(Tombstone);
