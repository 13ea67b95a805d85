// Following the log of a process: asks the node in bounded steps, so that nothing runs there for a reader who has left, and
// events and heartbeats of the same channel never wait behind a flood. What nobody could keep up with is skipped, and counted.
import { Repeater } from '@repeaterjs/repeater';
import {
  firstOf,
  type LogPlace,
  type LogState,
  lastOf,
  offsetOf,
  PIECE,
  placeOf,
  type ReadPiece,
  readTail,
} from './log.ts';
import { LineCutter, type LogLine } from './log-text.ts';
import { FleetError } from './types.ts';

export interface LogPart {
  readonly lines: readonly LogLine[];
  /** Bytes before these lines that were left out. */
  readonly skipped: number;
  /** Why nobody can look at present; it goes on by itself. */
  readonly interruption?: FleetError;
}

export interface FollowSource {
  readonly read: ReadPiece;
  readonly isConnected: () => boolean;
}

/** Bytes that a reader may be behind, and how many of them are told when it is more. */
const MAX_BEHIND = 512 * 1024;
const KEPT = 32 * 1024;
const PIECES_PER_STEP = 4;
/** Milliseconds between two looks: short while something comes, growing while nothing does. */
const SHORTEST_PAUSE = 100;
const LONGEST_PAUSE = 1_000;
/** Looks without anything new until a line without an end is told as it is. */
const PATIENCE = 4;

/** First the last lines, also if there are none, then what comes. Throws FleetError for what does not mend itself. */
export function follow(source: FollowSource, last: number): AsyncIterable<LogPart> {
  return new Repeater(async (push, stop) => {
    let over = false;
    const stopped = stop.then(() => {
      over = true;
    });
    const follower = new Follower(source.read, last);
    let pause = SHORTEST_PAUSE;
    let interrupted = false;
    while (!over) {
      try {
        const part = await follower.step();
        // Pushing waits until the reader wants more: one that does not read has nothing kept for it.
        if (part || interrupted) await push(part ?? { lines: [], skipped: 0 });
        pause = part ? SHORTEST_PAUSE : Math.min(LONGEST_PAUSE, pause * 1.5);
        interrupted = false;
      } catch (error) {
        if (!isPassing(error, source)) throw error;
        if (!interrupted) await push({ lines: [], skipped: 0, interruption: error });
        interrupted = true;
        pause = SHORTEST_PAUSE;
      }
      do await sleep(pause, stopped);
      while (!over && interrupted && !source.isConnected());
    }
  });
}

function isPassing(error: unknown, source: FollowSource): error is FleetError {
  if (!(error instanceof FleetError)) return false;
  return !source.isConnected() || ['LOST', 'TIMEOUT', 'CLOSED', 'LOCKED'].includes(error.reason);
}

function sleep(ms: number, stopped: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  return Promise.race([promise, stopped]).finally(() => clearTimeout(timer));
}

class Follower {
  readonly #cutter = new LineCutter();
  #place: LogPlace | undefined;
  #idle = 0;
  /** Where the file of the place begins, as it was when it was last looked at. */
  #base = 0;

  constructor(
    private readonly read: ReadPiece,
    private readonly last: number,
  ) {}

  /** What is new, or undefined. */
  async step(): Promise<LogPart | undefined> {
    if (!this.#place) return this.#begin();
    const lines: LogLine[] = [];
    let skipped = 0;
    for (let pieces = 0; pieces < PIECES_PER_STEP; pieces++) {
      const { cuts, at } = this.#place;
      const { state, data } = await this.read(cuts, at - this.#base, PIECE);
      lines.push(...this.#cutter.push(data));
      const moved = this.#move(state, { cuts, at: at + data.length }, data.length === 0);
      skipped += moved;
      if (moved > 0) lines.push(...this.#cutter.jump());
      if (this.#place.cuts === cuts && data.length < PIECE) break;
    }
    this.#idle = lines.length > 0 ? 0 : this.#idle + 1;
    if (this.#idle >= PATIENCE) lines.push(...this.#cutter.flush());
    return lines.length > 0 || skipped > 0 ? { lines, skipped } : undefined;
  }

  async #begin(): Promise<LogPart> {
    const { lines, rest, end, state } = await readTail(this.read, { last: this.last });
    this.#go(state, end);
    this.#cutter.push(rest);
    return { lines, skipped: 0 };
  }

  /** Goes on to where there is something to read. Answers with how many bytes were left out. */
  #move(state: LogState, { cuts, at }: LogPlace, isAtEnd: boolean): number {
    let place = { cuts, at };
    const old = cuts === state.cuts - 1;
    if (old && at >= state.before) place = { cuts: state.cuts, at: state.before };
    // Two cuts since, or another log altogether: what is there of the old file is the next that can be read.
    else if (!old && cuts !== state.cuts) place = placeOf(state, firstOf(state));
    // Somebody else emptied the file. With data it has only grown since it was measured.
    else if (isAtEnd && cuts === state.cuts && at > lastOf(state)) place = { cuts, at: state.before };
    if (lastOf(state) - place.at > MAX_BEHIND) place = placeOf(state, lastOf(state) - KEPT);
    this.#go(state, place);
    return Math.max(0, place.at - at);
  }

  #go(state: LogState, place: LogPlace): void {
    this.#place = place;
    this.#base = place.at - offsetOf(state, place);
  }
}
