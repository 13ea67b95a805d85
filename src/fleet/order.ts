// Which lines are news. Events are written by several processes on the node and may overtake each other.
import type { ProcessLine } from './protocol.ts';

interface Seen {
  readonly started: number;
  readonly ended: boolean;
}

/** Remembers the newest run of each process; a snapshot is always news, an event of an older moment is not. */
export class RunOrder {
  #seen = new Map<string, Seen>();

  snapshot(lines: readonly ProcessLine[]): void {
    this.#seen = new Map();
    for (const line of lines) this.#remember(line);
  }

  /** Whether the event tells something new; if so it is remembered. */
  isNews(line: ProcessLine): boolean {
    const seen = this.#seen.get(line.id);
    if (seen && line.started !== undefined) {
      if (line.started < seen.started) return false;
      if (line.started === seen.started && seen.ended && line.ended === undefined) return false;
    }
    this.#remember(line);
    return true;
  }

  #remember(line: ProcessLine): void {
    if (line.started === undefined) return;
    this.#seen.set(line.id, { started: line.started, ended: line.ended !== undefined });
  }
}
