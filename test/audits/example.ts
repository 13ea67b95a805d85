// Examples of a document as audits: the curl command as it stands there, and the answer as it stands there. What the document
// calls IN2 is whatever the server calls it: names are bound when they first come, and have to hold from then on.
import assert from 'node:assert/strict';
import type { Answer, Audit, Request, Subject } from './audit.ts';

export interface Example {
  readonly id: string;
  readonly says: string;
  readonly curl: string;
  readonly status: number;
  /** The answer as JSON; no body if left out. */
  readonly answer?: string;
  /** What the document takes to be there. */
  readonly given?: (subject: Subject) => Promise<void>;
  /** The list may hold more than the example: its own have to be in it, in this order. */
  readonly among?: boolean;
  /** The order of the list is not the example's. */
  readonly anyOrder?: boolean;
  readonly needs?: 'node';
}

export const example = ({ id, says, needs, ...rest }: Example): Audit => ({
  id,
  says,
  ...(needs && { needs }),
  check: async (subject) => {
    await rest.given?.(subject);
    const answer = await subject.send(parseCurl(inWords(rest.curl, subject)));
    assert.equal(answer.status, rest.status, `answered ${answer.status}: ${answer.text.slice(0, 300)}`);
    if (rest.answer === undefined) assert.equal(answer.text, '', 'there should be no body');
    else compare({ ...rest, answer: rest.answer }, answer, subject);
  },
});

function compare(example: Pick<Example, 'among' | 'anyOrder'> & { answer: string }, answer: Answer, subject: Subject) {
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
  const wanted = JSON.parse(inWords(example.answer, subject));
  let { body } = answer;
  if (example.among) body = onlyThose(wanted, body);
  if (example.anyOrder) body = inOrderOf(wanted, body);
  bind(JSON.parse(example.answer), body, subject);
  assert.deepEqual(body, JSON.parse(inWords(example.answer, subject)));
}

const key = (item: unknown) => {
  const { id, email, instanceId } = item as { id?: string; email?: string; instanceId?: number };
  return id ?? email ?? instanceId;
};

function onlyThose(wanted: unknown[], body: unknown): unknown[] {
  const keys = wanted.map(key);
  return (body as unknown[]).filter((item) => keys.includes(key(item)));
}

function inOrderOf(wanted: unknown[], body: unknown): unknown[] {
  return [...(body as unknown[])].sort((a, b) => place(wanted, a) - place(wanted, b));
}

const place = (wanted: unknown[], item: unknown) => wanted.findIndex((each) => key(each) === key(item));

// What a server counts or makes up itself.
const MADE = /^(?:IN\d+|ND\d+|SV\d+|[0-9a-f]{8}-[0-9a-f-]{27}|xxxxxx|yyyyyy)$/;

/** Takes what the server made up for the name that the document has for it, where that is new. */
function bind(wanted: unknown, got: unknown, subject: Subject, under = ''): void {
  if (typeof wanted === 'object' && wanted !== null) {
    for (const [name, value] of Object.entries(wanted))
      bind(value, (got as Record<string, unknown> | undefined)?.[name], subject, name);
    return;
  }
  const name = String(wanted);
  const isMade = under === 'instanceId' || (typeof wanted === 'string' && MADE.test(wanted));
  if (!isMade || got === undefined || subject.names.has(name)) return;
  assert.equal(typeof got, typeof wanted);
  const prefix = /^(?:IN|ND|SV)(?=\d+$)/.exec(name)?.[0];
  if (prefix) assert.match(String(got), new RegExp(`^${prefix}[1-9]\\d*$`));
  subject.names.set(name, String(got));
}

// Ids that callers give. A run against a server that is in use puts something behind them.
const GIVEN =
  /(?<![\w@.-])(tenant1|system|userevents|datasift|salesforce|echo|(?:ian|admin|josh)@userevents\.com)(?![\w@.-])/g;
const NUMBERED =
  /\b(?:(?:IN|ND|SV)\d+|1\d{4}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|xxxxxx|yyyyyy)\b/g;

/** The document's text in the server's words. */
export const inWords = (text: string, { names, suffix }: Subject): string =>
  text
    .replace(GIVEN, (name) => name.replace(/^[^@]+/, (part) => part + suffix))
    .replace(NUMBERED, (name) => names.get(name) ?? name);

/** A request of curl's, as far as the documents use it. */
export function parseCurl(command: string): Request {
  const words = [...command.replaceAll('\\\n', ' ').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    (word) => word[1] ?? word[2] ?? (word[3] as string),
  );
  const request = {
    method: 'GET',
    path: '',
    body: undefined as string | undefined,
    headers: {} as Record<string, string>,
  };
  for (let at = 1; at < words.length; at++) {
    const word = words[at] as string;
    if (/^-I?X$/.test(word)) request.method = words[++at] as string;
    else if (/^-X(\w+)$/.test(word)) request.method = word.slice(2);
    else if (word === '-d') request.body = words[++at] as string;
    else if (word === '-H') {
      const [name = '', value = ''] = (words[++at] as string).split(/:\s*/);
      request.headers[name.toLowerCase()] = value;
    } else request.path = word;
  }
  return request;
}
