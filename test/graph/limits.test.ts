// Limits: a hostile document gets a clear error of the caller's, soon, and everyone else goes on being answered.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
  await gateway.run('mutation { createInstance(input: { name: "One" }) { instance { id } } }');
  await gateway.run('mutation { createTenant(input: { id: "t", name: "T" }) { tenant { id } } }');
  await gateway.run('mutation { addTenantToInstance(tenant: "t", instance: "IN1") { tenant { id } } }');
});

afterAll(() => gateway[Symbol.asyncDispose]());

const round = (times: number, page = '') =>
  `{ instance(id: "IN1") { ${`tenants${page} { nodes { instance { `.repeat(times)}id${' } } }'.repeat(times)} } }`;

const send = (body: unknown, init: RequestInit = {}) =>
  fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...init,
  });

describe('a document', () => {
  it.each([
    ['whose pages could multiply to millions of rows', round(4), 'TOO_COSTLY', /could read \d+ rows/],
    ['that is too deep', round(8, '(first: 1)'), 'TOO_COSTLY', /12 things deep/],
    [
      'that is too deep for the parser',
      `{${'a{'.repeat(20_000)}b${'}'.repeat(20_000)}}`,
      'GRAPHQL_PARSE_FAILED',
      /token/i,
    ],
    [
      'with too many words',
      `{ ${Array.from({ length: 2000 }, (_, index) => `a${index}: __typename`).join(' ')} }`,
      'GRAPHQL_PARSE_FAILED',
      /token/i,
    ],
    [
      'that asks for a field that is not there',
      '{ instances { nodes { pasword } } }',
      'GRAPHQL_VALIDATION_FAILED',
      /pasword/,
    ],
    [
      'that hides its cost in fragments',
      'query { instances { nodes { ...a } } } fragment a on Instance { processes { nodes { steps { nodes { ...b } } } } } fragment b on OperationStep { process { steps { nodes { id } } } }',
      'TOO_COSTLY',
      /could read/,
    ],
    [
      'that hides it in aliases',
      `{ ${Array.from({ length: 30 }, (_, index) => `a${index}: instances { nodes { processes { nodes { steps { totalCount } } } } }`).join(' ')} }`,
      'TOO_COSTLY',
      /could read/,
    ],
    [
      'that tries many log-ins at once',
      'mutation { a: logIn(input: { email: "a", password: "a" }) { text } b: logIn(input: { email: "a", password: "b" }) { text } }',
      'TOO_COSTLY',
      /one logIn/,
    ],
    ['that is none', 'what?', 'GRAPHQL_PARSE_FAILED', /Syntax Error/],
  ])('%s is refused', async (_what, query, code, message) => {
    const [error] = await gateway.errors(query);
    expect(error?.extensions.code).toBe(code);
    expect(error?.message).toMatch(message);
  });

  it('that is as deep as it may be, or has many roots, is answered', async () => {
    const { instance } = await gateway.run(round(4, '(first: 5)'));
    expect(instance.tenants.nodes).toHaveLength(1);
    const roots = Array.from({ length: 150 }, (_, index) => `a${index}: instance(id: "IN1") { id }`).join(' ');
    expect(Object.keys(await gateway.run(`{ ${roots} }`))).toHaveLength(150);
  });
});

describe('an answer', () => {
  it('tells what its document could have read', async () => {
    const cost = async (query: string, variables?: object) =>
      ((await (await send({ query, variables })).json()) as { extensions: { cost: number } }).extensions.cost;
    expect(await cost('{ instance(id: "IN1") { id } }')).toBe(1);
    expect(await cost('{ tenants { nodes { id } } }')).toBe(50);
    const paged = 'query ($n: Int) { instances(first: $n) { nodes { services(last: 3) { nodes { id } } } } }';
    expect(await cost(paged, { n: 4 })).toBe(4 + 4 * 3);
    expect(await cost('mutation { updateTenant(id: "t", input: { name: "T" }) { tenant { id } } }')).toBe(2);
  });

  it('has ten errors at most', async () => {
    expect(await gateway.errors(`{ ${Array.from({ length: 50 }, (_, i) => `no${i}`).join(' ')} }`)).toHaveLength(10);
  });

  it('tells browsers what not to do with it', async () => {
    for (const path of ['/graphql', '/1.0/instances', '/nothing']) {
      const { headers } = await fetch(gateway.url + path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });
});

describe('over a socket', () => {
  it('the same documents are refused', async () => {
    const asking = gateway.subscribe(round(4));
    await asking.until(() => asking.errors[0]);
    expect(asking.errors[0]?.extensions.code).toBe('TOO_COSTLY');
    asking.close();
  });
});

describe('a request', () => {
  it('nested deeper than 2,000 levels is refused', async () => {
    const response = await send(undefined, {
      body: `{"query":"{__typename}","variables":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`,
    });
    expect(response.status).toBe(400);
    expect((await response.json()).errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });

  it('for a subscription over HTTP is told where those go', async () => {
    const [error] = await gateway.errors('subscription { processStatus { status } }');
    expect(error).toMatchObject({ message: expect.stringContaining('WebSocket'), extensions: { code: 'BAD_REQUEST' } });
  });

  it.each<[string, () => Promise<Response>, number]>([
    [
      'that a form of a web page could send',
      () => send({}, { headers: { 'content-type': 'text/plain' }, body: '{"query":"{__typename}"}' }),
      400,
    ],
    [
      'that changes something by GET',
      () =>
        fetch(`${gateway.url}/graphql?query=mutation{deleteTenant(id:"t"){id}}`, {
          headers: { 'apollo-require-preflight': '1' },
        }),
      405,
    ],
    ['that reads by GET from a foreign page', () => fetch(`${gateway.url}/graphql?query={__typename}`), 400],
    ['that is a list', () => send([{ query: '{ __typename }' }]), 400],
    ['that is no JSON', () => send(undefined, { body: '{"query":' }), 400],
    ['that is too large', () => send({ query: '{ __typename }', variables: { x: 'x'.repeat(2_000_000) } }), 413],
  ])('%s is refused as JSON, without a stack', async (_what, request, status) => {
    const response = await request();
    expect(response.status).toBe(status);
    const text = await response.text();
    expect(JSON.parse(text).errors).toHaveLength(1);
    expect(text).not.toMatch(/\bat .*\.(js|ts)/);
    expect((await gateway.run('{ tenant(id: "t") { id } }')).tenant).not.toBeNull();
  });
});
