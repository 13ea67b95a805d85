// How a token reads: `gantry_` (scanners for leaked secrets know it by that), which one it is, what proves it, and a checksum, so that a typing
// error is told apart without a look at the store.
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SHAPE = /^gantry_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;

export interface TokenText {
  readonly id: string;
  readonly text: string;
}

/** 43 characters of 62: 256 bits. */
export function newToken(): TokenText {
  const id = randomText(12);
  const head = `gantry_${id}_${randomText(43)}`;
  return { id, text: head + checksum(head) };
}

/** Undefined for a text that was never a token. */
export function readToken(text: string): TokenText | undefined {
  const id = SHAPE.exec(text)?.[1];
  return id !== undefined && checksum(text.slice(0, -6)) === text.slice(-6) ? { id, text } : undefined;
}

function randomText(length: number): string {
  let text = '';
  // Bytes above 247 would make the first digits likelier than the last ones.
  while (text.length < length)
    for (const byte of randomBytes(length)) if (byte < 248 && text.length < length) text += DIGITS[byte % 62];
  return text;
}

function checksum(text: string): string {
  let rest = crc32(text);
  let sum = '';
  for (let place = 0; place < 6; place++) {
    sum = DIGITS[rest % 62] + sum;
    rest = Math.floor(rest / 62);
  }
  return sum;
}
