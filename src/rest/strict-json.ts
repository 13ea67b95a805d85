// Bodies, read without guessing: what two readers could understand differently is refused.
import { badRequest } from './fault.ts';

const MAX_DEPTH = 64;
// A byte order mark is kept to be seen, not skipped.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The JSON value of a body. Throws a fault with status 400 that never repeats what was sent. */
export function parseStrict(body: Buffer): unknown {
  const text = decode(body);
  if (text.startsWith('\ufeff')) throw badRequest('The body starts with a byte order mark; send plain UTF-8.');
  const value = parse(text);
  new Scanner(text).scan();
  return value;
}

function decode(body: Buffer): string {
  try {
    return utf8.decode(body);
  } catch {
    throw badRequest('The body is not valid UTF-8.');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = / at position (\d+)/.exec((error as Error).message)?.[1];
    throw badRequest(`The body is not valid JSON${position === undefined ? '' : ` at character ${position}`}.`);
  }
}

interface Level {
  /** The keys so far; undefined in a list. */
  readonly keys: Set<string> | undefined;
  isKeyNext: boolean;
}

/** Walks a text that is JSON, for what `JSON.parse` lets through. */
class Scanner {
  readonly #levels: Level[] = [];
  #at = 0;

  constructor(private readonly text: string) {}

  scan(): void {
    while (this.#at < this.text.length) {
      const character = this.text[this.#at] as string;
      if (character === '"') this.#string();
      else if (character === '-' || (character >= '0' && character <= '9')) this.#number();
      else this.#mark(character);
    }
  }

  #mark(character: string): void {
    this.#at++;
    const level = this.#levels.at(-1);
    if (character === '{' || character === '[') {
      const isObject = character === '{';
      this.#levels.push({ keys: isObject ? new Set() : undefined, isKeyNext: isObject });
      if (this.#levels.length > MAX_DEPTH) throw badRequest(`The body is nested deeper than ${MAX_DEPTH} levels.`);
    } else if (character === '}' || character === ']') this.#levels.pop();
    else if (character === ',' && level) level.isKeyNext = level.keys !== undefined;
  }

  #string(): void {
    const start = this.#at;
    this.#at = endOfString(this.text, start);
    const raw = this.text.slice(start, this.#at);
    const value: string = raw.includes('\\') ? JSON.parse(raw) : raw.slice(1, -1);
    if (!value.isWellFormed()) throw badRequest('The body has text with half a Unicode character (a lone surrogate).');
    const level = this.#levels.at(-1);
    if (!level?.keys || !level.isKeyNext) return;
    level.isKeyNext = false;
    if (level.keys.has(value)) throw badRequest(`The body has the key ${JSON.stringify(value.slice(0, 100))} twice.`);
    level.keys.add(value);
  }

  #number(): void {
    const start = this.#at;
    while (this.#at < this.text.length && /[-+.0-9eE]/.test(this.text[this.#at] as string)) this.#at++;
    if (!Number.isFinite(Number(this.text.slice(start, this.#at)))) {
      throw badRequest('The body has a number beyond the range of JSON.');
    }
  }
}

/** Where the string that begins at `start` has ended. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
}
