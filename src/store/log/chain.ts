// The chain of the log: the hash of each entry is of the one before it and of all that the entry says.
import { createHash } from 'node:crypto';
import type { EventType } from '../entities/event.ts';

/** An entry as it is stored. JSON stays the text that it is. */
export interface LogEntry {
  readonly seq: number;
  readonly at: string;
  readonly type: EventType;
  readonly subjectType: string;
  readonly subjectId: string;
  readonly relatedType: string | null;
  readonly relatedId: string | null;
  readonly instanceId: string | null;
  /** A sorted JSON array. */
  readonly tenants: string;
  readonly actor: string | null;
  readonly operationId: string | null;
  readonly before: string | null;
  readonly after: string | null;
  readonly hash: string;
}

/** A place in the log: an entry, or where it begins. */
export interface LogPlace {
  readonly seq: number;
  readonly hash: string;
}

/** The order of the fields is part of the format: exports and stores are verified with it. */
export function chainHash(previous: string, entry: Omit<LogEntry, 'hash'>): string {
  const fields = [
    entry.seq,
    entry.at,
    entry.type,
    entry.subjectType,
    entry.subjectId,
    entry.relatedType,
    entry.relatedId,
    entry.instanceId,
    entry.tenants,
    entry.actor,
    entry.operationId,
    entry.before,
    entry.after,
  ];
  return createHash('sha256')
    .update(`${previous}\n${JSON.stringify(fields)}`)
    .digest('hex');
}
