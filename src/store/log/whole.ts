// Opens a log to be read from its beginning to its end: that of a store, also while a gateway writes to it, or an export.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { GantryError } from '../../errors.ts';
import type { LogEntry } from './chain.ts';
import type { LogHead } from './cursor.ts';
import { ENTRY_COLUMNS, HEAD } from './journal.ts';
import { type LogBounds, readBounds, readEntry } from './lines.ts';

/** What stands where an entry should. */
export interface NoEntry {
  readonly line: number;
}

export interface WholeLog extends LogBounds {
  /** To be read once. */
  readonly entries: AsyncIterable<LogEntry | NoEntry>;
  close(): void;
}

const STORE_BEGINS = 'SQLite format 3\0';
// What says whom an entry concerns may be missing where somebody has been at the store: the entry is there all the same.
const SOURCE = 'event e left join event_audience a on a.id = e.audience_id';

/** A store is told from an export by how the file begins. Throws BAD_USER_INPUT for what is neither. */
export async function openLog(file: string): Promise<WholeLog> {
  return (await beginningOf(file)) === STORE_BEGINS ? openStored(file) : openExport(file);
}

/** All that is read is of one moment. Throws BAD_USER_INPUT for a file that is no store of this version. */
export function openStored(file: string): WholeLog {
  let database: Database.Database | undefined;
  try {
    database = new Database(file, { readonly: true, fileMustExist: true, timeout: 5000 });
    database.exec('begin');
    const head = database.prepare(HEAD).get() as LogHead;
    const sql = `select ${ENTRY_COLUMNS} from ${SOURCE} order by e.seq`;
    const rows = database.prepare(sql).iterate() as IterableIterator<LogEntry>;
    return {
      anchor: { seq: head.anchorSeq, hash: head.anchorHash },
      head: { seq: head.seq, hash: head.hash },
      entries: oneByOne(rows),
      close: () => {
        // Whoever has found something reads no further.
        rows.return?.();
        database?.close();
      },
    };
  } catch (error) {
    database?.close();
    throw unreadable(file, `no store with a log (${(error as Error).message})`);
  }
}

async function openExport(file: string): Promise<WholeLog> {
  const lines = linesOf(file);
  const first = await lines.next();
  const bounds = first.done ? undefined : readBounds(first.value);
  if (!bounds) throw unreadable(file, 'neither a store nor an export of a log: its first line is not that of one');
  return { ...bounds, entries: entriesOf(lines), close: () => void lines.return(undefined) };
}

async function* oneByOne(rows: Iterable<LogEntry>): AsyncGenerator<LogEntry> {
  yield* rows;
}

async function* entriesOf(lines: AsyncIterable<string>): AsyncGenerator<LogEntry | NoEntry> {
  let line = 1;
  for await (const text of lines) {
    line += 1;
    yield readEntry(text) ?? { line };
  }
}

// Of node:readline, lines end at further characters, which JSON may have within them.
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of createReadStream(file, 'utf8')) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() as string;
    yield* lines;
  }
  if (rest !== '') yield rest;
}

async function beginningOf(file: string): Promise<string> {
  try {
    await using handle = await open(file);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(STORE_BEGINS.length));
    return buffer.toString('latin1', 0, bytesRead);
  } catch (error) {
    throw unreadable(file, `not to be read (${(error as Error).message})`);
  }
}

const unreadable = (file: string, why: string) => new GantryError('BAD_USER_INPUT', `${file} is ${why}.`);
