// The log of what happened: an entry for each change, chained by hashes; who it concerns; and where the log begins and ends.
import { defineEntity, p } from '@mikro-orm/core';
import { instant, json, text, word } from './columns.ts';

export const EVENT_TYPES = [
  'CREATED',
  'UPDATED',
  'DELETED',
  'RELATION_ADDED',
  'RELATION_REMOVED',
  'PROCESS_STATUS',
  'NODE_CONNECTION',
  'OPERATION_STATE',
  'ACCESS_REFUSED',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

// Entries are written and read by statements of the log's own, never as entities: these say what the tables are.
const audience = defineEntity({
  name: 'EventAudience',
  tableName: 'event_audience',
  properties: {
    id: p.integer().primary().autoincrement(),
    // A sorted JSON array of tenants: most entries concern the same few sets of them.
    tenants: json().unique(),
  },
});

export class EventAudience extends audience.class {}
audience.setClass(EventAudience);

const entry = defineEntity({
  name: 'EventEntry',
  tableName: 'event',
  properties: {
    // Counts without a gap, from 1, in the order of the commits.
    seq: p.integer().primary().autoincrement(false),
    at: instant(),
    type: word<EventType>().index(),
    subjectType: text(),
    // Public ids, so that an export reads as the graph does; and of what is gone, too.
    subjectId: text().index(),
    relatedType: text().nullable(),
    relatedId: text().nullable().index(),
    instanceId: text().nullable().index(),
    actor: text().nullable().index(),
    operationId: text().nullable().index(),
    before: json().nullable(),
    after: json().nullable(),
    // Of the entry before this one and of all the columns of this one.
    hash: text(),
    audience: () => p.manyToOne(EventAudience).ref(),
  },
});

export class EventEntry extends entry.class {}
entry.setClass(EventEntry);

const head = defineEntity({
  name: 'EventHead',
  tableName: 'event_head',
  properties: {
    // One row.
    id: p.integer().primary().autoincrement(false),
    // The last entry. Kept apart, so that an end that was cut off is missed.
    seq: p.integer(),
    hash: text(),
    // The last entry that was pruned: what is left is chained to it. At first 0 and a random text, so that no two logs are alike.
    anchorSeq: p.integer(),
    anchorHash: text(),
  },
});

export class EventHead extends head.class {}
head.setClass(EventHead);
