// What the rules of both documents are checked with.
import assert from 'node:assert/strict';
import type { Answer, Audit, Request, Subject } from './audit.ts';

export const audit = (id: string, says: string, check: Audit['check'], needs?: 'node'): Audit => ({
  id,
  says,
  check,
  ...(needs && { needs }),
});

/** Sends and expects a status, with an error for people in the key that the document names. */
export async function refused(subject: Subject, request: Request, status: number, key: string): Promise<Answer> {
  const answer = await subject.send(request);
  assert.equal(
    answer.status,
    status,
    `${request.method} ${request.path} answered ${answer.status}: ${answer.text.slice(0, 300)}`,
  );
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
  const message = (answer.body as Record<string, unknown> | undefined)?.[key];
  assert.equal(typeof message, 'string', `no text in "${key}": ${answer.text.slice(0, 300)}`);
  assert.notEqual(message, '');
  return answer;
}

/** Bodies that two readers could understand differently, or that are no JSON at all. */
export const HOSTILE_BODIES: Readonly<Record<string, string | Uint8Array>> = {
  'a trailing comma': '{"name": "x",}',
  'half an object': '{"name": "x"',
  'two keys alike': '{"name": "x", "name": "y"}',
  'two keys alike by escape': '{"name": "x", "n\\u0061me": "y"}',
  'a byte order mark': '\ufeff{"name": "x"}',
  'invalid UTF-8': Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
  'half a surrogate pair': '{"name": "\\ud800"}',
  'a number beyond all': '{"name": 1e400}',
  NaN: '{"name": NaN}',
  'nesting without end': `{"name": ${'['.repeat(5000)}${']'.repeat(5000)}}`,
  'a list': '[]',
  'a text': '"name"',
  null: 'null',
};
