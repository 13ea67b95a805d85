// Appends to the log, within the transaction that makes the change, on the connection of that transaction.
import type Database from 'better-sqlite3';
import { now } from '../entities/columns.ts';
import type { EventType } from '../entities/event.ts';
import { chainHash, type LogEntry, type LogPlace } from './chain.ts';

/** What is to be told; the log adds its place and its time. */
export interface NewEvent {
  readonly type: EventType;
  readonly subjectType: string;
  readonly subjectId: string;
  readonly relatedType?: string | undefined;
  readonly relatedId?: string | undefined;
  readonly instanceId?: string | undefined;
  /** All that it concerns. */
  readonly tenants: readonly string[];
  readonly actor?: string | undefined;
  readonly operationId?: string | undefined;
  readonly before?: Readonly<Record<string, unknown>> | undefined;
  readonly after?: Readonly<Record<string, unknown>> | undefined;
}

export class Appender {
  readonly #head: Database.Statement;
  readonly #insert: Database.Statement;
  readonly #advance: Database.Statement;
  readonly #audience: Database.Statement;
  readonly #newAudience: Database.Statement;

  constructor(database: Database.Database) {
    this.#head = database.prepare('select seq, hash from event_head');
    this.#insert = database.prepare(
      `insert into event (seq, at, type, subject_type, subject_id, related_type, related_id, instance_id, actor, operation_id, "before", "after", hash, audience_id)
       values (@seq, @at, @type, @subjectType, @subjectId, @relatedType, @relatedId, @instanceId, @actor, @operationId, @before, @after, @hash, @audience)`,
    );
    this.#advance = database.prepare('update event_head set seq = ?, hash = ?');
    this.#audience = database.prepare('select id from event_audience where tenants = ?').pluck();
    this.#newAudience = database.prepare('insert into event_audience (tenants) values (?)');
  }

  /** Answers with the number of the last entry. */
  append(events: readonly NewEvent[]): number {
    let place = this.#head.get() as LogPlace;
    const at = now();
    const audiences = new Map<string, number>();
    for (const event of events) {
      const entry = toEntry(event, place.seq + 1, at);
      const hash = chainHash(place.hash, entry);
      this.#insert.run({ ...entry, hash, audience: this.#audienceOf(entry.tenants, audiences) });
      place = { seq: entry.seq, hash };
    }
    this.#advance.run(place.seq, place.hash);
    return place.seq;
  }

  #audienceOf(tenants: string, known: Map<string, number>): number {
    const id =
      known.get(tenants) ??
      (this.#audience.get(tenants) as number | undefined) ??
      Number(this.#newAudience.run(tenants).lastInsertRowid);
    known.set(tenants, id);
    return id;
  }
}

function toEntry(event: NewEvent, seq: number, at: string): Omit<LogEntry, 'hash'> {
  return {
    seq,
    at,
    type: event.type,
    subjectType: event.subjectType,
    subjectId: event.subjectId,
    relatedType: event.relatedType ?? null,
    relatedId: event.relatedId ?? null,
    instanceId: event.instanceId ?? null,
    tenants: JSON.stringify([...new Set(event.tenants)].sort()),
    actor: event.actor ?? null,
    operationId: event.operationId ?? null,
    before: event.before ? JSON.stringify(event.before) : null,
    after: event.after ? JSON.stringify(event.after) : null,
  };
}
