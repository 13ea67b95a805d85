// Cursors of the log: a place in it, opaque outside. The first letters of the entry's hash are in it, so that a cursor of another
// store, or of a history that a backup was restored over, is told from one of this log.
import { badInput, GantryError } from '../../errors.ts';
import type { LogPlace } from './chain.ts';

const VERSION = '1';
const HASH_LETTERS = 12;

export const encodeCursor = ({ seq, hash }: LogPlace): string =>
  Buffer.from(`${VERSION}.${seq}.${hash.slice(0, HASH_LETTERS)}`).toString('hex');

/** The same, written by the database: so that what is read, and the place it was read at, are of one snapshot. */
export const HEAD_CURSOR_SQL = `(select lower(hex('${VERSION}.' || seq || '.' || substr(hash, 1, ${HASH_LETTERS}))) from event_head)`;

/** What is to be known of a log to say whether a cursor is one of it. */
export interface Known {
  head(): LogHead;
  /** The hash of an entry that is still there. */
  hashAt(seq: number): string | undefined;
}

export interface LogHead extends LogPlace {
  readonly anchorSeq: number;
  readonly anchorHash: string;
}

/** The number of the entry. Throws BAD_USER_INPUT for what is no cursor of this log, and CURSOR_EXPIRED for one that was pruned. */
export function decodeCursor(cursor: string, log: Known, field: string): number {
  const { seq, letters } = parse(cursor, field);
  const head = log.head();
  if (seq > head.seq)
    throw badInput(
      'This cursor is from the future of this log: it is of another store, or this one was restored from a backup since. Read how things stand, and go on from the `asOf` of that.',
      field,
    );
  if (seq < head.anchorSeq) throw expired(field);
  const hash = seq === head.anchorSeq ? head.anchorHash : log.hashAt(seq);
  if (hash === undefined) throw expired(field);
  if (!hash.startsWith(letters))
    throw badInput(
      'This cursor is of another log: of another store, or from before a backup was restored. Read how things stand, and go on from the `asOf` of that.',
      field,
    );
  return seq;
}

export const expired = (field?: string) =>
  new GantryError(
    'CURSOR_EXPIRED',
    'What came right after this cursor is kept no longer. Read how things stand, and follow from the `asOf` of that; `events { oldestCursor }` is the oldest that is good.',
    field,
  );

function parse(cursor: string, field: string): { seq: number; letters: string } {
  const text = /^(?:[0-9a-f]{2}){1,40}$/.test(cursor) ? Buffer.from(cursor, 'hex').toString('latin1') : '';
  const [, version, seq, letters] = /^(\d+)\.(0|[1-9]\d{0,14})\.([0-9a-f]{12})$/.exec(text) ?? [];
  if (version !== VERSION || seq === undefined || letters === undefined)
    throw badInput('This is no cursor of the log. Use a `cursor` or an `asOf` as it was given.', field);
  return { seq: Number(seq), letters };
}
