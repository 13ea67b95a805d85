// What processes print, as lines of harmless text: whatever the bytes are, no terminal and no log reader is driven by them. Pure.

export interface LogLine {
  /** Without its line break. What is no UTF-8 is U+FFFD; control characters and their kin are visible, as `\x1b`. */
  readonly text: string;
  /** False: it was longer than shown, or its end was not (yet) there. */
  readonly whole: boolean;
}

/** The longest line that is shown, in bytes. */
export const MAX_LINE = 4096;

const NEWLINE = 0x0a;
const RETURN = 0x0d;

// Control characters, what Unicode takes for line breaks, and what turns the direction of text: a reader sees other words than
// were written.
const HARMFUL = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

function visible(character: string): string {
  const code = character.charCodeAt(0);
  if (character === '\t') return character;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** The same text with everything that does something shown instead. */
export const harmless = (text: string): string => text.replace(HARMFUL, visible);

/** One line; `ended`: its line break was there. */
export function toLine(bytes: Buffer, ended: boolean): LogLine {
  const end = ended && bytes.at(-1) === RETURN ? bytes.length - 1 : bytes.length;
  const cut = end > MAX_LINE;
  // A character that the cut goes through is left out; one that the program left unfinished is shown as broken.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, cut ? MAX_LINE : end), {
    stream: cut,
  });
  return { text: harmless(text), whole: ended && !cut };
}

/** Cuts bytes into lines, however they arrive. Keeps at most one line, and of a long one its beginning. */
export class LineCutter {
  #begun: Buffer = Buffer.alloc(0);
  #skipping = false;

  /** Whether there is a beginning of a line that has not been told. */
  get hasBegun(): boolean {
    return this.#begun.length > 0;
  }

  push(bytes: Buffer): LogLine[] {
    const lines: LogLine[] = [];
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      this.#keep(bytes.subarray(from, end));
      if (!this.#skipping) lines.push(toLine(this.#begun, true));
      this.#begun = Buffer.alloc(0);
      this.#skipping = false;
      from = end + 1;
    }
    this.#keep(bytes.subarray(from));
    return lines;
  }

  /** Tells what there is of a line whose end does not come; what still comes of it is a line of its own. */
  flush(): LogLine[] {
    const begun = this.#begun;
    this.#begun = Buffer.alloc(0);
    return begun.length > 0 ? [toLine(begun, false)] : [];
  }

  /** What follows is from another place: what is there of a line is told, and the line that the next bytes are in is not. */
  jump(): LogLine[] {
    const lines = this.flush();
    this.#skipping = true;
    return lines;
  }

  #keep(bytes: Buffer): void {
    // One more than is shown, so that it is seen to be cut.
    const room = MAX_LINE + 2 - this.#begun.length;
    if (!this.#skipping && room > 0) this.#begun = Buffer.concat([this.#begun, bytes.subarray(0, room)]);
  }
}
