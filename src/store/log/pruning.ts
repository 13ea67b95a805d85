// Takes what is no longer kept from the beginning of the log, a few entries a transaction: writers wait for no more than that.
import type Database from 'better-sqlite3';
import type { LogPlace } from './chain.ts';
import type { Journal } from './journal.ts';

/** What is kept: the newest entries up to this number, as far as they are from this time or later. */
export interface Kept {
  readonly most: number;
  readonly from: string;
  readonly now: string;
}

interface Scan {
  /** The last of the entries looked at that is not kept, and with it all before it. */
  readonly old: number | undefined;
  /** Where to look further; undefined if what follows is kept. */
  readonly next: number | undefined;
}

const SCANNED_AT_ONCE = 1_000;
// With their indices about ten milliseconds of a disk and a processor that are not fast.
const PRUNED_AT_ONCE = 200;

/** Looks at the next entries after one that was looked at. It ends with the first that is kept: the log stays in one piece. */
export function scan(log: Journal, { most, from, now }: Kept, after: number): Scan {
  const rows = log.times(after, SCANNED_AT_ONCE);
  const tooMany = log.head().seq - most;
  let old: number | undefined;
  for (const { seq, at } of rows) {
    if (seq <= tooMany || at < from) old = seq;
    // Of a clock that ran ahead: as old as what follows it, which may not be for years what its time says.
    else if (at <= now) return { old, next: undefined };
  }
  return { old, next: rows.length < SCANNED_AT_ONCE ? undefined : rows.at(-1)?.seq };
}

export class Pruner {
  readonly #anchorSeq: Database.Statement;
  readonly #last: Database.Statement;
  readonly #audiences: Database.Statement;
  readonly #delete: Database.Statement;
  readonly #anchor: Database.Statement;
  readonly #forget: Database.Statement;

  constructor(database: Database.Database) {
    this.#anchorSeq = database.prepare('select anchor_seq from event_head').pluck();
    this.#last = database.prepare(
      `select seq, hash from (select seq, hash from event where seq > @after and seq <= @upTo order by seq limit ${PRUNED_AT_ONCE})
       order by seq desc limit 1`,
    );
    this.#audiences = database
      .prepare('select distinct audience_id from event where seq > @after and seq <= @last')
      .pluck();
    this.#delete = database.prepare('delete from event where seq > @after and seq <= @last');
    this.#anchor = database.prepare('update event_head set anchor_seq = ?, anchor_hash = ?');
    this.#forget = database.prepare(
      'delete from event_audience where id = @id and not exists (select 1 from event where audience_id = @id)',
    );
  }

  /** Within a transaction: the oldest entries go, up to this one, but not many. Answers with how many. */
  prune(upTo: number): number {
    const after = this.#anchorSeq.get() as number;
    const last = this.#last.get({ after, upTo }) as LogPlace | undefined;
    if (!last) return 0;
    const range = { after, last: last.seq };
    const audiences = this.#audiences.all(range) as number[];
    const { changes } = this.#delete.run(range);
    // What is left is chained to the last that went.
    this.#anchor.run(last.seq, last.hash);
    for (const id of audiences) this.#forget.run({ id });
    return changes;
  }
}
