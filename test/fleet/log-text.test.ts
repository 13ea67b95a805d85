// The pure parts of logs: bytes become harmless lines, however they are cut.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toState } from '../../src/fleet/log.ts';
import { harmless, LineCutter, MAX_LINE, toLine } from '../../src/fleet/log-text.ts';
import { parseLine } from '../../src/fleet/protocol.ts';

const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((array) => Buffer.from(array));
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const DRIVES = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

describe('a line of a log', () => {
  it('shows what would drive a terminal instead of doing it', () => {
    const shown = (text: string) => toLine(Buffer.from(text), true).text;
    expect(shown('\x1b[2J\x1b]0;owned\x07\x9b31m')).toBe('\\x1b[2J\\x1b]0;owned\\x07\\x9b31m');
    expect(shown('50 %\r100 %\r')).toBe('50 %\\x0d100 %');
    expect(shown('a\tb é 日本 😀')).toBe('a\tb é 日本 😀');
    expect(shown('nul\0 user\u202eexe.txt')).toBe('nul\\x00 user\\u202eexe.txt');
    expect(toLine(Buffer.from([0x61, 0xff, 0xc3, 0x62]), true)).toEqual({ text: 'a\ufffd\ufffdb', whole: true });
  });

  it('holds nothing harmful and is well-formed, whatever the bytes', () => {
    fc.assert(
      fc.property(bytes(300), fc.boolean(), (line, ended) => {
        const { text } = toLine(line, ended);
        expect(DRIVES.test(text)).toBe(false);
        expect(text.isWellFormed()).toBe(true);
      }),
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !DRIVES.test(harmless(text))));
  });

  it('that is too long is cut between two characters, and says so', () => {
    const { text, whole } = toLine(Buffer.from(`a${'é'.repeat(MAX_LINE)}`), true);
    expect(whole).toBe(false);
    expect(text).toBe(`a${'é'.repeat((MAX_LINE - 2) / 2)}`);
  });
});

describe('a log', () => {
  it('is the same lines however its bytes arrive', () => {
    const cuts = fc.array(fc.nat(80), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(bytes(60), { maxLength: 15 }), cuts, (parts, sizes) => {
        let rest: Buffer = Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n')]));
        const wanted = new LineCutter().push(rest);
        expect(wanted.every((line) => line.whole)).toBe(true);
        const cutter = new LineCutter();
        const got = [];
        for (const size of [...sizes, Number.MAX_SAFE_INTEGER]) {
          got.push(...cutter.push(rest.subarray(0, size)));
          rest = rest.subarray(size);
        }
        expect(got).toEqual(wanted);
        expect(cutter.hasBegun).toBe(false);
      }),
    );
  });

  it('keeps no more of an endless line than is shown', () => {
    const cutter = new LineCutter();
    for (let n = 0; n < 100; n++) expect(cutter.push(Buffer.alloc(10_000, 'x'))).toEqual([]);
    expect(cutter.push(Buffer.from('\nnext\n'))).toEqual([
      { text: 'x'.repeat(MAX_LINE), whole: false },
      { text: 'next', whole: true },
    ]);
  });

  it('that is gone on with elsewhere tells no line that was not there', () => {
    const cutter = new LineCutter();
    cutter.push(Buffer.from('one\ntw'));
    expect(cutter.jump()).toEqual([{ text: 'tw', whole: false }]);
    expect(cutter.push(Buffer.from('ree\nfour\n'))).toEqual([{ text: 'four', whole: true }]);
  });
});

describe('the lines of the keeper about a log', () => {
  it('bring back every byte', () => {
    fc.assert(
      fc.property(bytes(57), (data) => {
        if (data.length === 0) return;
        expect(parseLine(`L 3 ${data.toString('base64')}`)).toEqual({ kind: 'data', seq: 3, data });
      }),
    );
  });

  it('are nothing else', () => {
    for (const line of [
      'L',
      'L 3',
      'L x QQ==',
      'L 3 QQ=',
      'L 3 Q',
      'L 3 Q*==',
      `L 3 ${'QUJD'.repeat(30)}`,
      'L 3 QQ==QQ==',
    ]) {
      expect(parseLine(line), line).toBeUndefined();
    }
    expect(toState(['log', '2', '3', '5', '7', '9'])).toEqual({ cuts: 2, before: 3_000_005, oldSize: 7, size: 9 });
    for (const words of [[], ['log'], ['log', '1', '2', '3', '4', 'x'], ['ok', '1', '2', '3', '4', '5']]) {
      expect(() => toState(words)).toThrow(expect.objectContaining({ reason: 'FAILED' }));
    }
  });
});
