// Reading the log of a process: places in it that stay places when the node cuts it, and the last lines before one of them.
import { LineCutter, type LogLine } from './log-text.ts';
import { FleetError } from './types.ts';

/** How a log stands. It is cut when it has grown too long; what it was before is kept once. */
export interface LogState {
  /** How often it was cut. */
  readonly cuts: number;
  /** Bytes before the present file, ever. */
  readonly before: number;
  /** Bytes of the file before the present one. */
  readonly oldSize: number;
  readonly size: number;
}

/** A byte of a log, counted from the first that was ever written to it; `cuts` says in which file it is. */
export interface LogPlace {
  readonly cuts: number;
  readonly at: number;
}

export interface LogPiece {
  readonly state: LogState;
  /** At least the bytes asked for, as far as they are there; empty where the place is gone. */
  readonly data: Buffer;
}

/** Asks the node; `offset` is within the file. */
export type ReadPiece = (cuts: number, offset: number, bytes: number) => Promise<LogPiece>;

export interface LogPage {
  readonly lines: readonly LogLine[];
  /** Where the first line begins, for the page before this one. */
  readonly start: string | undefined;
  readonly hasMore: boolean;
}

/** The end of a log: lines, what there is of a line that has not ended, and the place behind that. */
export interface LogTail extends LogPage {
  readonly state: LogState;
  readonly rest: Buffer;
  readonly end: LogPlace;
}

/** Bytes per request: an event waits behind no more than this. */
export const PIECE = 16 * 1024;
/** Bytes that a page is looked for in: of longer lines there are fewer. */
const MAX_PAGE = 1024 * 1024;
const MAX_TRIES = 5;
const NUMBER = /^[0-9]{1,15}$/;

/** The keeper's words about a log. Throws FAILED if they are not understood. */
export function toState(words: readonly string[]): LogState {
  const [kind, ...rest] = words;
  if (kind !== 'log' || rest.length !== 5 || !rest.every((word) => NUMBER.test(word))) {
    throw new FleetError('FAILED', 'The keeper gave an answer that is not understood.');
  }
  const [cuts = 0, millions = 0, units = 0, oldSize = 0, size = 0] = rest.map(Number);
  return { cuts, before: millions * 1_000_000 + units, oldSize, size };
}

/** The first byte that is still there, and the place behind the last. */
export const firstOf = ({ before, oldSize }: LogState): number => Math.max(0, before - oldSize);
export const lastOf = ({ before, size }: LogState): number => before + size;

/** Where a byte is, of a log that stands so. */
export const placeOf = (state: LogState, at: number): LogPlace => ({
  cuts: at >= state.before ? state.cuts : state.cuts - 1,
  at,
});

/** The byte's number within its file. */
export const offsetOf = (state: LogState, { cuts, at }: LogPlace): number =>
  at - (cuts === state.cuts ? state.before : firstOf(state));

const cursorOf = (state: LogState, place: LogPlace) =>
  Buffer.from(`log ${place.cuts} ${offsetOf(state, place)}`).toString('base64url');

/** Throws BAD_REQUEST for what is no cursor of a log. */
function fromCursor(cursor: string): { cuts: number; offset: number } {
  const words = /^log (\d{1,15}) (\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1'));
  if (!words) throw new FleetError('BAD_REQUEST', 'This is not a cursor of a log.');
  return { cuts: Number(words[1]), offset: Number(words[2]) };
}

export interface TailOptions {
  readonly last: number;
  readonly before?: string | undefined;
  /** What there is of a line that has not ended counts as one. */
  readonly countRest?: boolean;
}

/** The last lines, before a cursor or the end. Throws FleetError. */
export async function readTail(read: ReadPiece, options: TailOptions): Promise<LogTail> {
  const { last, before } = options;
  const limit = before === undefined ? undefined : fromCursor(before);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { state } = await read(0, 0, 0);
    const end = endOf(state, limit);
    const found = await readBack(read, state, end, last);
    if (found) return pageOf(state, end, found, options);
  }
  throw new FleetError('TIMEOUT', 'The log was cut again and again while it was read: the process prints too much.');
}

function endOf(state: LogState, limit: { cuts: number; offset: number } | undefined): number {
  if (!limit) return lastOf(state);
  if (limit.cuts === state.cuts) return Math.min(state.before + limit.offset, lastOf(state));
  if (limit.cuts === state.cuts - 1) return Math.min(firstOf(state) + limit.offset, state.before);
  return firstOf(state); // what was before it is gone, too
}

/** Bytes up to `end` that hold so many lines, as far as they are there; undefined if the log was cut meanwhile. */
async function readBack(
  read: ReadPiece,
  state: LogState,
  end: number,
  last: number,
): Promise<{ bytes: Buffer; from: number } | undefined> {
  const first = Math.max(firstOf(state), end - MAX_PAGE);
  let bytes: Buffer = Buffer.alloc(0);
  let from = end;
  // One line break more than lines: only then the first of them is known to be whole.
  while (from > first && countBreaks(bytes) <= last) {
    const low = Math.max(first, from - PIECE, from > state.before ? state.before : 0);
    const place = placeOf(state, low);
    const piece = await read(place.cuts, offsetOf(state, place), from - low);
    if (piece.state.cuts !== state.cuts || piece.data.length < from - low) return undefined;
    bytes = Buffer.concat([piece.data.subarray(0, from - low), bytes]);
    from = low;
  }
  return { bytes, from };
}

function countBreaks(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) count++;
  return count;
}

function pageOf(
  state: LogState,
  end: number,
  { bytes, from }: { bytes: Buffer; from: number },
  { last, countRest }: TailOptions,
): LogTail {
  const starts = [0];
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) starts.push(at + 1);
  const restAt = starts.pop() ?? 0;
  // What was begun before the bytes at hand is no line of this page, unless nothing else is there.
  const known = from === firstOf(state) || starts.length < 2 ? starts : starts.slice(1);
  const room = countRest && restAt < bytes.length ? last - 1 : last;
  const shown = room > 0 ? known.slice(-room) : [];
  const begin = shown[0] ?? restAt;
  return {
    state,
    lines: new LineCutter().push(bytes.subarray(begin, restAt)),
    rest: bytes.subarray(restAt),
    start: cursorOf(state, placeOf(state, from + begin)),
    end: placeOf(state, end),
    hasMore: from + begin > firstOf(state),
  };
}
