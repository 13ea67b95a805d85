// What a key is, whose it is, where it counts, and that what came with it stays secret.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createUser, emailOf, logIn, openHouse } from '../kit/access.ts';
import { type Asking, type Data, type GraphError, startGateway, type TestGateway } from '../kit/gateway.ts';
import { fc, property } from '../kit/property.ts';
import { CANARY, MUTATIONS } from './repeating/mutations.ts';
import { makeSeed } from './repeating/seed.ts';
import { send } from './repeating/send.ts';

const CREATE =
  'mutation ($name: String!, $key: String) { it: createInstance(input: { name: $name }, idempotencyKey: $key) { instance { id } } }';

interface Result {
  readonly data?: Data;
  readonly errors?: readonly GraphError[];
  readonly extensions?: { readonly idempotencyReplayed?: readonly string[] };
}

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function ask(query: string, variables: object = {}): Promise<Result> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()) as Result;
}

const replayed = ({ extensions }: Result) => extensions?.idempotencyReplayed;

describe('whose a key is', () => {
  it('two who send one key do not meet; one does with each of its tokens', async () => {
    await using house = await openHouse();
    await createUser(house.admin, 'second@own.example', 'ADMIN');
    const as = async (email: string) => house.gateway.as(`Bearer ${await logIn(house.gateway, email)}`);
    const second = await as('second@own.example');
    const again = await as(emailOf('ADMIN'));
    const create = async (by: Asking, name: string): Promise<string> =>
      (await by.run(CREATE, { name, key: 'k' })).it.instance.id;

    const first = await create(house.admin, 'One');
    // Neither the answer of the first nor a refusal that tells of it.
    const other = await create(second, 'Two');
    expect(other).not.toBe(first);
    expect([await create(house.admin, 'One'), await create(again, 'One')]).toEqual([first, first]);
    expect(await create(second, 'Two')).toBe(other);
    expect((await second.errors(CREATE, { name: 'One', key: 'k' }))[0]?.extensions.code).toBe('IDEMPOTENCY_KEY_REUSED');

    const stop = 'mutation ($id: ID!) { stopProcess(id: $id, idempotencyKey: "k") { operation { id } } }';
    const stopped = await house.by.OPERATOR.run(stop, { id: house.own.Process });
    expect(await house.by.OPERATOR.run(stop, { id: house.own.Process })).toEqual(stopped);
  });
});

describe('more than one in a document', () => {
  const two = (keys: readonly string[], names: readonly string[]) =>
    `mutation { ${['a', 'b'].map((alias, index) => `${alias}: createInstance(input: { name: "${names[index]}" }, idempotencyKey: "${keys[index]}") { instance { id } }`).join(' ')} }`;

  it('each under its key is done once', async () => {
    const document = two(['two-1', 'two-2'], ['One', 'One']);
    const first = await ask(document);
    expect(first.data.a.instance.id).not.toBe(first.data.b.instance.id);
    expect(replayed(first)).toBeUndefined();
    const again = await ask(document);
    expect(again.data).toEqual(first.data);
    expect(replayed(again)).toEqual(['a', 'b']);
  });

  it('the same under one key is done once: the second has the answer of the first', async () => {
    const { data, ...rest } = await ask(two(['same', 'same'], ['One', 'One']));
    expect(data.b).toEqual(data.a);
    expect(replayed(rest)).toEqual(['b']);
  });

  it('another under the same key is refused; the first is done, and stays done', async () => {
    const count = async () => (await gateway.run('{ instances { totalCount } }')).instances.totalCount;
    const before = await count();
    const document = two(['mixed', 'mixed'], ['One', 'Two']);
    for (const _ of [1, 2]) {
      const { errors } = await ask(document);
      expect(errors).toMatchObject([{ path: ['b'], extensions: { code: 'IDEMPOTENCY_KEY_REUSED' } }]);
      expect(await count()).toBe(before + 1);
    }
  });
});

it('counts over a WebSocket, too, and for both doors together', async () => {
  const client = createClient({
    url: `${gateway.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  try {
    const over = async (name: string, key: string): Promise<Result> => {
      for await (const result of client.iterate({ query: CREATE, variables: { name, key } })) return result as Result;
      throw new Error('nothing was answered');
    };
    const first = await over('One', 'socket');
    expect([first.errors, replayed(first)]).toEqual([undefined, undefined]);
    const again = await over('One', 'socket');
    expect([again.data, replayed(again)]).toEqual([first.data, ['it']]);
    const posted = await ask(CREATE, { name: 'One', key: 'socket' });
    expect([posted.data, replayed(posted)]).toEqual([first.data, ['it']]);
    expect((await over('Two', 'socket')).errors?.[0]?.extensions.code).toBe('IDEMPOTENCY_KEY_REUSED');
  } finally {
    await client.dispose();
  }
});

it('passwords under a key are nowhere in the files of the store, nor in the log', async () => {
  await using seed = await makeSeed();
  await using own = await seed.open();
  const rows = Object.entries(MUTATIONS).filter(([, { input }]) => JSON.stringify(input).includes(CANARY));
  expect(rows.map(([name]) => name)).toEqual(['createUser', 'updateUser', 'createNode', 'updateNode']);
  for (const [name, row] of rows) {
    const args = { ...row.input, idempotencyKey: `marker-of-${name}` };
    expect((await send(own, name, row, args)).errors).toBeUndefined();
    expect((await send(own, name, row, args, true)).isMarked).toBe(true);
    const refused = await send(own, name, row, { ...row.other, idempotencyKey: args.idempotencyKey });
    expect(refused.errors?.[0]?.extensions.code).toBe('IDEMPOTENCY_KEY_REUSED');
    // What failed is another way out.
    const failed = await send(own, name, row, { ...args, idempotencyKey: 'no key' });
    expect(failed.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  }
  const read = () => {
    const files = readdirSync(own.folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
    return new Map(files.map((each) => [each.name, readFileSync(join(each.parentPath, each.name)).toString('latin1')]));
  };
  const secrets = ['utf8', 'base64', 'hex', 'utf16le'].map((encoding) =>
    encoding === 'utf16le'
      ? Buffer.from(CANARY, 'utf16le').toString('latin1')
      : Buffer.from(CANARY)
          .toString(encoding as 'utf8')
          .replace(/=+$/, '')
          .slice(0, -1),
  );
  const expectNone = () => {
    for (const [file, text] of [...read(), ['log', own.log()] as const])
      expect({ file, found: secrets.filter((secret) => text.includes(secret)) }).toEqual({ file, found: [] });
  };
  // The search sees what is there, in the write-ahead log as well.
  expect(read().get('gantry.db-wal')).toContain('marker-of-createUser');
  expectNone();
  await own.stop();
  expect(read().get('gantry.db')).toContain('marker-of-createUser');
  expectNone();
});

describe('how a key is spelled', () => {
  const visible = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
  const key = fc.oneof(
    fc.string({ unit: visible, minLength: 1, maxLength: 255 }),
    fc.string({ unit: visible, minLength: 255, maxLength: 255 }),
    // Near to each other.
    fc.constantFrom('key', 'KEY', 'Key', 'key.', '"key"', "'key'", 'k%65y', 'null', '0', '00', '\\', '$ne'),
  );
  const bad = fc.oneof(
    fc.constant(''),
    fc.string({ unit: visible, minLength: 256, maxLength: 300 }),
    fc
      .tuple(fc.string({ unit: visible, maxLength: 20 }), fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }))
      .map(([text, odd]) => (/[\x21-\x7e]/.test(odd) ? `${text} ` : `${text}${odd}${text}`)),
    fc.constantFrom('key\n', '\tkey', 'a b', 'é', '\u0000', '\u007f', 'key\u200b'),
  );
  const given = new Map<string, string>();

  property('1 to 255 visible characters of ASCII are a key, and each spelling one of its own', [key], async (text) => {
    const result = await ask(CREATE, { name: 'One', key: text });
    expect(result.errors).toBeUndefined();
    const { id } = result.data.it.instance;
    const known = given.get(text);
    expect(replayed(result)).toEqual(known === undefined ? undefined : ['it']);
    if (known === undefined) expect([...given.values()]).not.toContain(id);
    else expect(id).toBe(known);
    given.set(text, id);
    const again = await ask(CREATE, { name: 'One', key: text });
    expect([again.data, replayed(again)]).toEqual([result.data, ['it']]);
  });

  property('all else is refused, and nothing is done', [bad], async (text) => {
    const before = await gateway.run('{ instances { totalCount } }');
    const { errors } = await ask(CREATE, { name: 'One', key: text });
    expect(errors?.[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', field: 'idempotencyKey' });
    expect(await gateway.run('{ instances { totalCount } }')).toEqual(before);
  });
});
