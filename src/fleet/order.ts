// Which lines are news. Lines come from several writers on the node: what is said of a run may arrive after what is said of a later one.
import type { ProcessLine } from './protocol.ts';

interface Seen {
  readonly started: number;
  readonly ended: boolean;
}

/** Runs that are over: all that began by then, and the one with that pid. */
interface Over {
  readonly started: number | undefined;
  pid: number | undefined;
  /** Until a later run is named, what names no run speaks of one that is over. */
  isLatest: boolean;
}

const UP: ReadonlySet<string> = new Set(['starting', 'running', 'exiting', 'backoff']);

/** Remembers the newest run of each process, and which of its runs requests have put an end to. */
export class RunOrder {
  #seen = new Map<string, Seen>();
  /** Pids that starts were answered with. */
  readonly #pids = new Map<string, number>();
  readonly #replaced = new Map<string, Over>();
  readonly #stopped = new Map<string, Over>();

  /** A start goes out: what was seen by now is of runs before it. */
  starting(id: string): void {
    this.#replaced.set(id, this.#allUntilNow(id));
  }

  /** What the node answered to a request; no words: it did not answer in time. */
  answered(verb: string, id: string, words: readonly string[] = []): void {
    if (verb === 'stop' && words[0] === 'stopped') this.#stopped.set(id, this.#allUntilNow(id));
    if (verb !== 'start') return;
    if (words[0] === 'started') this.#started(id, Number(words[1]));
    // Nothing was started, or nobody knows: the run that was seen is the one that counts.
    else if (words[0] !== 'failed' && words[0] !== 'unrunnable') this.#replaced.delete(id);
  }

  #started(id: string, pid: number): void {
    this.#pids.set(id, pid);
    // Numbers are given again: it may be the one of the run before.
    for (const over of [this.#replaced.get(id), this.#stopped.get(id)]) if (over?.pid === pid) over.pid = undefined;
  }

  /** Which lines of a snapshot are older than what is known: a look that began before a request may end after it. */
  snapshot(lines: readonly ProcessLine[]): ReadonlySet<ProcessLine> {
    const known = this.#seen;
    this.#seen = new Map();
    const old = new Set<ProcessLine>();
    for (const line of lines) {
      const seen = known.get(line.id);
      if (!this.#isOver(line)) this.#remember(line);
      else {
        old.add(line);
        if (seen) this.#seen.set(line.id, seen);
      }
    }
    return old;
  }

  /** Whether the event tells something new; if so it is remembered. */
  isNews(line: ProcessLine): boolean {
    const seen = this.#seen.get(line.id);
    if (seen && line.started !== undefined) {
      if (line.started < seen.started) return false;
      if (line.started === seen.started && seen.ended && line.ended === undefined) return false;
    }
    if (this.#isOver(line)) return false;
    this.#remember(line);
    return true;
  }

  #allUntilNow(id: string): Over {
    return { started: this.#seen.get(id)?.started, pid: this.#pids.get(id), isLatest: true };
  }

  #isOver(line: ProcessLine): boolean {
    return isOf(this.#replaced.get(line.id), line) || (UP.has(line.state) && isOf(this.#stopped.get(line.id), line));
  }

  #remember(line: ProcessLine): void {
    if (line.started === undefined) return;
    for (const over of [this.#replaced.get(line.id), this.#stopped.get(line.id)]) {
      if (over && !isOf(over, line)) over.isLatest = false;
    }
    this.#seen.set(line.id, { started: line.started, ended: line.ended !== undefined });
  }
}

/** Whether the line speaks of a run that is over. */
function isOf(over: Over | undefined, line: ProcessLine): boolean {
  if (!over) return false;
  if (over.pid !== undefined && line.pid === over.pid) return true;
  // A keeper that runs it again by itself names no run yet, but counts.
  if (line.started === undefined) return over.isLatest && line.restarts === 0;
  return over.started !== undefined && line.started <= over.started;
}
