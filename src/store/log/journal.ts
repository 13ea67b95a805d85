// Reads the log, on a read-only connection of its own: what is committed, and nothing else.
import Database from 'better-sqlite3';
import type { EventType } from '../entities/event.ts';
import type { LogEntry } from './chain.ts';
import { decodeCursor, type LogHead } from './cursor.ts';

/** Which entries; all that is given has to hold. Ids are public ones. */
export interface LogFilter {
  readonly types?: readonly EventType[] | undefined;
  readonly actors?: readonly string[] | undefined;
  readonly subjectType?: string | undefined;
  readonly subjectId?: string | undefined;
  readonly instance?: string | undefined;
  readonly tenant?: string | undefined;
  /** About one of these kinds of things. */
  readonly subjects?: readonly string[] | undefined;
  /** Concerning at least one of these tenants. */
  readonly among?: readonly string[] | undefined;
  readonly operation?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Entries after one number and before another, from one end of that. */
export interface LogRange {
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly newestFirst: boolean;
  readonly limit: number;
}

export const ENTRY_COLUMNS = `e.seq, e.at, e.type, e.subject_type as subjectType, e.subject_id as subjectId, e.related_type as relatedType,
  e.related_id as relatedId, e.instance_id as instanceId, a.tenants, e.actor, e.operation_id as operationId, e."before", e."after", e.hash`;
export const ENTRY_SOURCE = 'event e join event_audience a on a.id = e.audience_id';
export const HEAD = 'select seq, hash, anchor_seq as anchorSeq, anchor_hash as anchorHash from event_head';

type Condition = readonly [sql: string, name: string, value: string];

export class Journal {
  readonly #database: Database.Database;
  readonly #prepared = new Map<string, Database.Statement>();

  constructor(file: string) {
    this.#database = new Database(file, { readonly: true, timeout: 5000 });
  }

  head(): LogHead {
    return this.#prepare(HEAD).get() as LogHead;
  }

  hashAt(seq: number): string | undefined {
    return (this.#prepare('select hash from event where seq = ?').get(seq) as { hash: string } | undefined)?.hash;
  }

  /** The number of the entry that a cursor stands at. Throws BAD_USER_INPUT, CURSOR_EXPIRED. */
  place(cursor: string, field = 'after'): number {
    return this.snapshot(() => decodeCursor(cursor, this, field));
  }

  /** The next entries in their order, up to and with `until`. */
  after(seq: number, limit: number, until = Number.MAX_SAFE_INTEGER): LogEntry[] {
    const sql = `select ${ENTRY_COLUMNS} from ${ENTRY_SOURCE} where e.seq > ? and e.seq <= ? order by e.seq limit ?`;
    return this.#prepare(sql).all(seq, until, limit) as LogEntry[];
  }

  /** When the next entries were written down, in their order. */
  times(after: number, limit: number): { seq: number; at: string }[] {
    return this.#prepare('select seq, at from event where seq > ? order by seq limit ?').all(after, limit) as never;
  }

  page(filter: LogFilter, { after, before, newestFirst, limit }: LogRange): LogEntry[] {
    const found = conditionsOf(filter);
    const conditions = [
      ...(after === undefined ? [] : ['e.seq > @after']),
      ...(before === undefined ? [] : ['e.seq < @before']),
    ];
    const sql = `select ${ENTRY_COLUMNS} from ${ENTRY_SOURCE}${where([...conditions, ...found.map(([text]) => text)])} order by e.seq ${newestFirst ? 'desc' : 'asc'} limit @limit`;
    const bounds = { ...(after !== undefined && { after }), ...(before !== undefined && { before }), limit };
    return this.#prepare(sql).all({ ...valuesOf(found), ...bounds }) as LogEntry[];
  }

  count(filter: LogFilter): number {
    const found = conditionsOf(filter);
    const sql = `select count(*) as count from event e${where(found.map(([text]) => text))}`;
    return (this.#prepare(sql).get(valuesOf(found)) as { count: number }).count;
  }

  /** All that `read` reads is of one moment. It must not wait for anything. */
  snapshot<T>(read: () => T): T {
    return this.#database.transaction(read)();
  }

  close(): void {
    this.#database.close();
  }

  // Few: their text depends on which conditions there are, not on values.
  #prepare(sql: string): Database.Statement {
    const known = this.#prepared.get(sql) ?? this.#database.prepare(sql);
    this.#prepared.set(sql, known);
    return known;
  }
}

const listed = (column: string, name: string, list: readonly string[] | undefined): Condition[] =>
  list ? [[`${column} in (select value from json_each(@${name}))`, name, JSON.stringify(list)]] : [];

const holds = (sql: string, name: string, value: string | undefined): Condition[] =>
  value === undefined ? [] : [[sql, name, value]];

function conditionsOf(filter: LogFilter): Condition[] {
  // Sets of tenants are few: a look at each, and entries are found by the number of their set.
  const concerned = (tenant: string) =>
    `e.audience_id in (select id from event_audience where exists (select 1 from json_each(tenants) t where t.value ${tenant}))`;
  return [
    ...listed('e.type', 'types', filter.types),
    ...listed('e.actor', 'actors', filter.actors),
    ...listed('e.subject_type', 'subjects', filter.subjects),
    ...holds('(e.subject_type = @subjectType or e.related_type = @subjectType)', 'subjectType', filter.subjectType),
    ...holds('(e.subject_id = @subjectId or e.related_id = @subjectId)', 'subjectId', filter.subjectId),
    ...holds('e.instance_id = @instance', 'instance', filter.instance),
    ...holds(concerned('= @tenant'), 'tenant', filter.tenant),
    ...holds(
      concerned('in (select value from json_each(@among))'),
      'among',
      filter.among && JSON.stringify(filter.among),
    ),
    ...holds('e.operation_id = @operation', 'operation', filter.operation),
    ...holds('e.at >= @from', 'from', filter.from),
    ...holds('e.at < @to', 'to', filter.to),
  ];
}

const where = (all: readonly string[]) => (all.length ? ` where ${all.join(' and ')}` : '');

const valuesOf = (conditions: readonly Condition[]) =>
  Object.fromEntries(conditions.map(([, name, value]) => [name, value]));
