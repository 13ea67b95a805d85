// The keeper's lines, taken apart: a pure core that trusts nothing the node says. PROTOCOL.md in keeper/ has the words.

import { type HealthLine, parseHealth } from './health.ts';

const MAX_LINE = 1024;

/** Cuts a byte stream into lines. Lines longer than 1024 bytes are dropped and counted; no more than one line is kept. */
export class LineSplitter {
  #partial = '';
  #skipping = false;
  dropped = 0;

  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    const text = chunk.toString('latin1');
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      const line = this.#take(text, from, end);
      if (line !== undefined) lines.push(line);
      from = end + 1;
    }
    this.#keep(text.slice(from));
    return lines;
  }

  #take(text: string, from: number, end: number): string | undefined {
    const skip = this.#skipping || this.#partial.length + end - from > MAX_LINE;
    const line = skip ? undefined : this.#partial + text.slice(from, end);
    if (skip) this.dropped++;
    this.#partial = '';
    this.#skipping = false;
    return line;
  }

  #keep(rest: string): void {
    if (this.#skipping) return;
    if (this.#partial.length + rest.length <= MAX_LINE) {
      this.#partial += rest;
      return;
    }
    this.#partial = '';
    this.#skipping = true;
  }
}

const STATES = ['stopped', 'starting', 'running', 'exiting', 'exited', 'backoff', 'fatal', 'lost'] as const;
export type KeeperState = (typeof STATES)[number];

/** One process, as the keeper describes it. Times are seconds since the node's boot. */
export interface ProcessLine {
  readonly id: string;
  readonly state: KeeperState;
  /** An exit code, `exit:CODE`, `signal:NAME`, `orphan`, `reboot`, `unknown` or `-`. */
  readonly detail: string;
  /** 0: none. */
  readonly pid: number;
  readonly started: number | undefined;
  readonly ended: number | undefined;
  readonly restarts: number;
  /** When it will be run again, while it waits for that. */
  readonly next?: number | undefined;
  /** While it runs and is looked at. */
  readonly health?: HealthLine | undefined;
}

export type Message =
  | { readonly kind: 'answer'; readonly seq: number; readonly code: number; readonly words: readonly string[] }
  | { readonly kind: 'listed'; readonly seq: number; readonly process: ProcessLine }
  | { readonly kind: 'data'; readonly seq: number; readonly data: Buffer }
  | { readonly kind: 'part'; readonly process: ProcessLine }
  | { readonly kind: 'whole' }
  | { readonly kind: 'event'; readonly process: ProcessLine }
  | { readonly kind: 'heartbeat'; readonly uptime: number };

const ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;
const COUNT = /^[0-9]{1,15}$/;
const SECONDS = /^[0-9]{1,12}(\.[0-9]{1,6})?$/;
// Lines of base64 are whole: each can be read by itself.
const DATA = /^(?:[A-Za-z0-9+/]{4}){0,24}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const DETAIL = /^(-|[0-9]{1,3}|[a-z]{1,16}|(signal|exit):[A-Z0-9+]{1,16})$/;

const count = (word: string | undefined) => (word !== undefined && COUNT.test(word) ? Number(word) : undefined);
const seconds = (word: string | undefined) => (word !== undefined && SECONDS.test(word) ? Number(word) : undefined);
const isState = (word: string | undefined): word is KeeperState => STATES.some((state) => state === word);

function parseProcess(words: readonly string[]): ProcessLine | undefined {
  const [id, state, detail, pidWord, started, ended, restartWord, ...more] = words;
  const pid = count(pidWord);
  const restarts = count(restartWord);
  // A keeper of an older version, which lives as long as its process, says no more than that.
  if (words.length < 7 || (more.length > 0 && state !== 'running' && state !== 'backoff')) return undefined;
  if (id === undefined || !ID.test(id) || !isState(state)) return undefined;
  if (detail === undefined || !DETAIL.test(detail) || pid === undefined || restarts === undefined) return undefined;
  const line = { id, state, detail, pid, started: seconds(started), ended: seconds(ended), restarts };
  if (more.length === 0) return line;
  if (state === 'backoff') return more.length === 1 ? { ...line, next: seconds(more[0]) } : undefined;
  const health = parseHealth(more);
  return health && { ...line, health };
}

function parseAnswer(words: readonly string[]): Message | undefined {
  const seq = count(words[0]);
  const code = count(words[1]);
  return seq === undefined || code === undefined ? undefined : { kind: 'answer', seq, code, words: words.slice(2) };
}

function parseListed(words: readonly string[]): Message | undefined {
  const seq = count(words[0]);
  const process = parseProcess(words.slice(1));
  return seq === undefined || process === undefined ? undefined : { kind: 'listed', seq, process };
}

function parseData([seqWord, data]: readonly string[]): Message | undefined {
  const seq = count(seqWord);
  if (seq === undefined || data === undefined || !DATA.test(data)) return undefined;
  return { kind: 'data', seq, data: Buffer.from(data, 'base64') };
}

/** undefined: not a line of the protocol. */
export function parseLine(line: string): Message | undefined {
  const [word, ...rest] = line.split(' ');
  const process = word === 'S' || word === 'E' ? parseProcess(rest) : undefined;
  const uptime = word === 'H' ? seconds(rest[0]) : undefined;
  switch (word) {
    case 'R':
      return parseAnswer(rest);
    case 'A':
      return parseListed(rest);
    case 'L':
      return parseData(rest);
    case 'S':
      return process && { kind: 'part', process };
    case 'E':
      return process && { kind: 'event', process };
    case 'Z':
      return { kind: 'whole' };
    case 'H':
      return uptime === undefined ? undefined : { kind: 'heartbeat', uptime };
    default:
      return undefined;
  }
}
