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
    ['whose pages could multiply to millions of rows', round(4), 'BAD_USER_INPUT', /more than 500000 rows/],
    ['that is too deep', round(8, '(first: 1)'), 'BAD_USER_INPUT', /15 things deep/],
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

describe('a request', () => {
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
