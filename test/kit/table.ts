// The checker: the log as its table has it, read without the gateway, and in what a sequence that someone was told differs from it.
import Database from 'better-sqlite3';
import { lineOf } from './follower.ts';

/** A row of the table, with the names of the table. */
export interface Row {
  readonly seq: number;
  readonly type: string;
  readonly subject_type: string;
  readonly subject_id: string;
  readonly related_type: string | null;
  readonly related_id: string | null;
  readonly hash: string;
  readonly tenants: string;
}

export interface Table extends Disposable {
  /** The number of the last event. */
  last(): number;
  after(seq: number): Row[];
}

/** Reads the file beside the gateway that writes it. */
export function openTable(file: string): Table {
  const database = new Database(file, { readonly: true, timeout: 30_000 });
  const last = database.prepare('select max(seq) as seq from event');
  const after = database.prepare(
    'select e.seq, e.type, e.subject_type, e.subject_id, e.related_type, e.related_id, e.hash, a.tenants from event e join event_audience a on a.id = e.audience_id where e.seq > ? order by e.seq',
  );
  return {
    last: () => (last.get() as { seq: number | null }).seq ?? 0,
    after: (seq) => after.all(seq) as Row[],
    [Symbol.dispose]: () => void database.close(),
  };
}

/** What the gateway should say of this row. */
export const lineOfRow = ({ seq, type, subject_id, hash }: Row): string =>
  lineOf({
    cursor: Buffer.from(`1.${seq}.${hash.slice(0, 12)}`).toString('hex'),
    type,
    subjectId: subject_id,
    digest: hash,
  });

export interface Differences {
  lost: number;
  repeated: number;
  outOfOrder: number;
  /** Told, though it is not in the table. */
  invented: number;
}

export const NONE: Differences = { lost: 0, repeated: 0, outOfOrder: 0, invented: 0 };

export function differences(truth: readonly string[], told: readonly string[]): Differences {
  const places = new Map(truth.map((line, place) => [line, place]));
  const seen = new Set<string>();
  const found = { ...NONE };
  let furthest = -1;
  for (const line of told) {
    const place = places.get(line);
    if (place === undefined) found.invented++;
    else if (seen.has(line)) found.repeated++;
    else if (place < furthest) found.outOfOrder++;
    seen.add(line);
    furthest = Math.max(furthest, place ?? -1);
  }
  found.lost = truth.filter((line) => !seen.has(line)).length;
  return found;
}
