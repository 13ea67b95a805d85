// A secret in memory: a value that no log, JSON, template or inspection can show.
import { inspect } from 'node:util';

const MASK = '[secret]';

/** Holds a password or a key. The one way to the text is `reveal()`, and only the connector of the fleet calls it. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }

  [Symbol.toPrimitive](): string {
    return MASK;
  }
}
