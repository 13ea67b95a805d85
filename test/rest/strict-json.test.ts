// Bodies are read without guessing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrict } from '../../src/rest/strict-json.ts';

const read = (text: string) => parseStrict(Buffer.from(text));

describe('a strict reader', () => {
  it('reads every JSON value as JSON.parse does, however it is spaced and escaped', () => {
    const spaced = fc.constantFrom('', ' ', '\n\t');
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), spaced, fc.boolean(), (value, space, escaped) => {
        const text = space + JSON.stringify(value, null, space) + space;
        const sent = escaped
          ? text.replace(/\P{ASCII}/gu, (character) =>
              [...Array(character.length).keys()]
                .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
                .join(''),
            )
          : text;
        expect(read(sent)).toEqual(JSON.parse(sent));
      }),
      { numRuns: 500 },
    );
  });

  it('refuses a key that is there twice, wherever it stands and however it is escaped', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }).filter((key) => key.isWellFormed()),
        fc.constantFrom<(inner: string) => string>(
          (inner) => inner,
          (inner) => `[1,{"a":${inner}}]`,
          (inner) => `{"a":[],"b":{"c":"}{\\"","d":${inner}}}`,
        ),
        fc.boolean(),
        (key, around, escaped) => {
          const plain = JSON.stringify(key);
          const other = escaped
            ? `"${[...Array(key.length).keys()].map((at) => `\\u${key.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
            : plain;
          expect(() => read(around(`{${plain}:1,"other-key-":{},${other}:2}`))).toThrow(/twice/);
        },
      ),
    );
  });

  it('takes the same key in different objects', () => {
    expect(read('{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":"a"}}')).toEqual({
      a: { a: [{ a: 1 }, { a: 2 }] },
      b: { a: 'a' },
    });
  });

  it('takes 64 levels and refuses 65', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(() => read(nested(64))).not.toThrow();
    expect(() => read(nested(65))).toThrow(/nested/);
    expect(() => read(nested(200_000))).toThrow(/nested/);
  });

  it.each([
    ['a byte order mark', Buffer.from('\ufeff{}')],
    ['invalid UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22])],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
    ['half a surrogate pair', Buffer.from('"\\udc00"')],
    ['half a surrogate pair in a key', Buffer.from('{"\\ud800":1}')],
    ['a number beyond all', Buffer.from('[-1e400]')],
    ['NaN', Buffer.from('NaN')],
    ['a comment', Buffer.from('{}//')],
    ['a trailing comma', Buffer.from('[1,]')],
    ['single quotes', Buffer.from("{'a':1}")],
    ['nothing but space', Buffer.from(' ')],
  ])('refuses %s', (_what, body) => {
    expect(() => parseStrict(body)).toThrow(expect.objectContaining({ statusCode: 400 }));
  });

  it('repeats nothing of what was sent when it refuses it', () => {
    expect(() => read('{"password":"canary" oops}')).toThrow(expect.not.stringContaining('canary'));
    try {
      read('{"password":"canary" oops}');
    } catch (error) {
      expect((error as Error).message).not.toContain('canary');
    }
  });
});
