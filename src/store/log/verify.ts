// Follows the chain of a log and names the first place where it does not hold.
import { chainHash, type LogEntry, type LogPlace } from './chain.ts';
import type { NoEntry, WholeLog } from './whole.ts';

export interface Verdict {
  /** Entries that hold, from the first on. */
  readonly count: number;
  readonly first: LogEntry | undefined;
  readonly last: LogEntry | undefined;
  readonly finding: Finding | undefined;
}

/** The first thing that is wrong. */
export interface Finding {
  /** The number of the entry that is named. */
  readonly seq: number;
  readonly what: 'altered' | 'dropped' | 'reordered' | 'added';
  /** A sentence for a person. */
  readonly says: string;
}

type Following = AsyncIterator<LogEntry | NoEntry>;

export async function verifyLog(log: WholeLog): Promise<Verdict> {
  const following = log.entries[Symbol.asyncIterator]();
  let place: LogPlace = log.anchor;
  let first: LogEntry | undefined;
  let last: LogEntry | undefined;
  let count = 0;
  for (;;) {
    const { done, value: entry } = await following.next();
    if (done) return { count, first, last, finding: atEnd(place, log.head) };
    if (!follows(entry, place))
      return { count, first, last, finding: await explain(entry, place, log.head, following) };
    first ??= entry;
    last = entry;
    place = entry;
    count += 1;
  }
}

function follows(entry: LogEntry | NoEntry, place: LogPlace): entry is LogEntry {
  return 'seq' in entry && entry.seq === place.seq + 1 && chainHash(place.hash, entry) === entry.hash;
}

async function explain(
  found: LogEntry | NoEntry,
  place: LogPlace,
  head: LogPlace,
  following: Following,
): Promise<Finding> {
  const seq = place.seq + 1;
  if ('line' in found)
    return {
      seq,
      what: 'altered',
      says: `Line ${found.line}, where entry ${seq} belongs, is not as an export writes it.`,
    };
  if (found.seq > head.seq) return atEnd(place, head) ?? added(found);
  if (found.seq < seq)
    return {
      seq: found.seq,
      what: 'reordered',
      says: `Entry ${found.seq} stands again after entry ${place.seq}, which comes later.`,
    };
  const elsewhere = await find(following, (entry) =>
    found.seq > seq ? entry.seq === seq : chainHash(place.hash, { ...entry, seq }) === entry.hash,
  );
  if (found.seq > seq)
    return elsewhere
      ? { seq, what: 'reordered', says: `Entry ${found.seq} stands where entry ${seq} belongs, which comes later.` }
      : dropped(seq, found.seq - 1);
  if (elsewhere) return { seq, what: 'reordered', says: `What was entry ${seq} stands as entry ${elsewhere.seq} now.` };
  return {
    seq,
    what: 'altered',
    says: `Entry ${seq} (${described(found)}) was altered; or ${before(place)} was, and its hash made anew; or one between the two was dropped, and what follows numbered anew.`,
  };
}

/** What the end of the entries says beside the end that was written down. */
function atEnd(last: LogPlace, head: LogPlace): Finding | undefined {
  if (last.seq < head.seq) return dropped(last.seq + 1, head.seq, ': the log is shorter than it says');
  if (last.hash === head.hash) return undefined;
  return {
    seq: last.seq,
    what: 'altered',
    says: `Entry ${last.seq}, the last, is not the one that the log says it ends with: it was altered, and its hash made anew.`,
  };
}

const added = (entry: LogEntry): Finding => ({
  seq: entry.seq,
  what: 'added',
  says: `Entry ${entry.seq} (${described(entry)}) comes after the end that the log says it has.`,
});

const dropped = (from: number, to: number, why = ''): Finding => ({
  seq: from,
  what: 'dropped',
  says: `${from === to ? `Entry ${from} was` : `Entries ${from} to ${to} were`} dropped${why}.`,
});

async function find(following: Following, isIt: (entry: LogEntry) => boolean): Promise<LogEntry | undefined> {
  for (;;) {
    const { done, value } = await following.next();
    if (done) return undefined;
    if ('seq' in value && isIt(value)) return value;
  }
}

const before = ({ seq }: LogPlace) => (seq === 0 ? 'what the log begins from' : `entry ${seq}, before it,`);

const described = ({ at, type, subjectType, subjectId }: LogEntry) => `${at}, ${type} ${subjectType} ${subjectId}`;
