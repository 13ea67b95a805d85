// A dialect is a description and a table: what does not fit the graph is refused when the gateway starts.
import fc from 'fast-check';
import Fastify from 'fastify';
import { parse, type TypedQueryDocumentNode } from 'graphql';
import { describe, expect, it } from 'vitest';
import type { Context } from '../../src/graph/context.ts';
import type { Executor } from '../../src/graph/executor.ts';
import { internalSchema } from '../../src/graph/internal.ts';
import { buildSchema } from '../../src/graph/schema.ts';
import { type Dialect, row } from '../../src/rest/dialect.ts';
import { Fault } from '../../src/rest/fault.ts';
import { mountDialects } from '../../src/rest/mount.ts';
import type { Given } from '../../src/rest/parameters.ts';
import { platformDialect } from '../../src/rest/platform/dialect.ts';
import { Route } from '../../src/rest/route.ts';
import { Router } from '../../src/rest/router.ts';
import { kebabCase } from '../../src/rest/spelling.ts';
import { topologyDialect } from '../../src/rest/topology/dialect.ts';

const schema = internalSchema(buildSchema());

interface Ran {
  readonly variables: Record<string, unknown>;
}

/** A route of /1.0's dialect on a document, over an executor that answers `data` and remembers what it was asked. */
function route(
  document: string,
  path: string,
  answer: string | undefined,
  data: object = {},
  dialect: Partial<Dialect> = {},
) {
  const ran: Ran[] = [];
  const executor = {
    schema,
    run: async (_document: unknown, variables: Record<string, unknown>) => {
      ran.push({ variables });
      return { data };
    },
  } as unknown as Executor;
  const typed = parse(document) as TypedQueryDocumentNode<Record<string, never>, never>;
  const method = document.startsWith('mutation') ? 'POST' : 'GET';
  const made = row(method, path, 200, typed, answer === undefined ? {} : { answer: answer as never });
  const one = new Route(executor, { ...platformDialect(undefined), ...dialect }, made, path);
  return { route: { run: (request: Given) => one.run(request, {} as Context) }, ran };
}

const given = (body?: unknown, path = {}, query = '') => ({ path, query: new URLSearchParams(query), body });
const CREATE = `mutation ($name: String!, $ipAddress: String!, $instance: ID!, $username: String!, $status: Boolean) {
  createNode(input: { name: $name, ipAddress: $ipAddress, instance: $instance, username: $username, status: $status }) { node { id ipAddress status statusGiven description } }
}`;

describe('a row that does not fit the graph is refused at the start:', () => {
  it.each([
    ['a field that is not there', 'query { instances { nodes { id colour } } }', '/x', 'instances.nodes', /colour/],
    ['an argument that is not there', 'query ($id: ID!) { instance(key: $id) { id } }', '/x/{id}', 'instance', /key/],
    ['a variable of another type', 'query ($id: Int!) { instance(id: $id) { id } }', '/x/{id}', 'instance', /Int/],
    [
      'a path with a name that no document has',
      'query ($id: ID!) { instance(id: $id) { id } }',
      '/x/{key}',
      'instance',
      /key/,
    ],
    [
      'an answer that the document does not select',
      'query { instances { nodes { id } } }',
      '/x',
      'instances.edges',
      /edges|select/,
    ],
  ])('%s', (_what, document, path, answer, message) => {
    expect(() => route(document, path, answer)).toThrow(message);
  });
});

describe('parameters', () => {
  it("are spelt the dialect's way, and those that are left out are not handed to the graph", async () => {
    const { route: create, ran } = route(CREATE, '/i/{instance}', undefined);
    await create.run(
      given({ name: 'a', 'ip-address': '::1', username: 'u', ipAddress: 'ignored' }, { instance: 'IN1' }),
    );
    expect(ran[0]?.variables).toEqual({ name: 'a', ipAddress: '::1', username: 'u', instance: 'IN1' });
  });

  it('tell null from absent, unless the dialect takes them for the same', async () => {
    const body = { name: 'a', 'ip-address': '::1', username: 'u', status: null };
    const one = route(CREATE, '/i/{instance}', undefined);
    await one.route.run(given(body, { instance: 'IN1' }));
    expect(one.ran[0]?.variables).toHaveProperty('status', null);
    const other = route(CREATE, '/i/{instance}', undefined, {}, { nullInBody: 'absent' });
    await other.route.run(given(body, { instance: 'IN1' }));
    expect(other.ran[0]?.variables).not.toHaveProperty('status');
  });

  it('that are missing are all named, as the dialect spells them', async () => {
    const { route: create } = route(CREATE, '/i/{instance}', undefined);
    const attempt = create.run(given({ name: 'a', 'ip-address': null }, { instance: 'IN1' }));
    await expect(attempt).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringMatching(/"ip-address", "username"/),
    });
  });

  it('that come from the prototype of objects are not given', async () => {
    const { route: create } = route(
      'mutation ($constructor: ID!) { deleteTenant(id: $constructor) { id } }',
      '/x',
      undefined,
    );
    await expect(create.run(given({}))).rejects.toMatchObject({ statusCode: 400 });
  });
});

describe('answers', () => {
  it('leave out what is null and what nobody gave, and spell the rest', async () => {
    const node = { id: 'ND1', ipAddress: '::1', status: true, statusGiven: false, description: null };
    const read = (data: object) =>
      route(CREATE, '/i/{instance}', 'createNode.node', { createNode: { node: data } }).route;
    const body = given({ name: 'a', 'ip-address': '::1', username: 'u' }, { instance: 'IN1' });
    expect((await read(node).run(body)).body).toBe('{"id":"ND1","ip-address":"::1"}');
    expect((await read({ ...node, statusGiven: true }).run(body)).body).toBe(
      '{"id":"ND1","ip-address":"::1","status":true}',
    );
  });

  it('leave JSON as it is, whatever its keys and nulls', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (stats) => {
        const { route: read } = route('query ($id: ID!) { instance(id: $id) { stats } }', '/x/{id}', 'instance', {
          instance: { stats },
        });
        const { body } = await read.run(given(undefined, { id: 'IN1' }));
        expect(JSON.parse(body as string)).toEqual(JSON.parse(JSON.stringify({ stats })));
      }),
    );
  });

  it('say what is missing, by the noun of the graph and the id of the request', async () => {
    const document =
      'query ($instance: ID!, $id: ID!) { instance(id: $instance) { nodes(filter: { id: [$id] }) { nodes { id } } } }';
    const ask = (data: object) =>
      route(document, '/x/{instance}/{id}', 'instance.nodes.nodes.0', data).route.run(
        given(undefined, { instance: 'IN1', id: 'ND7' }),
      );
    await expect(ask({ instance: null })).rejects.toMatchObject({
      statusCode: 404,
      message: 'There is no instance "IN1".',
    });
    await expect(ask({ instance: { nodes: { nodes: [] } } })).rejects.toMatchObject({
      statusCode: 404,
      message: 'There is no node "ND7".',
    });
  });
});

describe('spelling', () => {
  it('kebab-case can be told back', () => {
    const name = fc.stringMatching(/^[a-z]+([A-Z][a-z0-9]+)*$/);
    fc.assert(
      fc.property(name, (text) => {
        const spelt = kebabCase(text);
        expect(spelt).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(spelt.replace(/-([a-z])/g, (_whole, letter: string) => letter.toUpperCase())).toBe(text);
      }),
    );
  });
});

describe('who may not ask', () => {
  it('is told so before anything else, with the challenge of the dialect', async () => {
    const http = Fastify();
    const executor = { schema } as Executor;
    mountDialects(http, executor, [platformDialect(undefined), topologyDialect], async () => {
      throw new Fault(401, 'Say who you are.');
    });
    const topology = await http.inject({
      url: '/flexdeploy/rest/topology/instance',
      method: 'POST',
      payload: '{',
      headers: { 'content-type': 'application/json' },
    });
    expect(topology).toMatchObject({ statusCode: 401, body: '{"message":"Say who you are."}' });
    expect(topology.headers['www-authenticate']).toMatch(/^Basic realm=/);
    const platform = await http.inject('/1.0/no/such/thing');
    expect(platform).toMatchObject({ statusCode: 401, body: '{"error":"Say who you are."}' });
    expect(platform.headers['www-authenticate']).toMatch(/^Bearer realm=/);
  });
});

describe('the router', () => {
  const router = new Router([
    { method: 'GET', path: '/s/{id}' },
    { method: 'PUT', path: '/s/{id}' },
    { method: 'POST', path: '/s/start' },
    { method: 'GET', path: '/s/{id}/x' },
  ] as const);

  it('takes words before parameters', () => {
    expect(router.match('POST', '/s/start')).toMatchObject({ route: { path: '/s/start' }, path: {} });
    expect(router.match('GET', '/s/SV1').path).toEqual({ id: 'SV1' });
    expect(() => router.match('GET', '/s/start')).toThrow(
      expect.objectContaining({ statusCode: 405, headers: { allow: 'POST' } }),
    );
  });

  it('gives back every segment as it was meant, and never what was not encoded', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'binary' }).filter((text) => text.isWellFormed() && text !== 'start'),
        (text) => {
          expect(router.match('GET', `/s/${encodeURIComponent(text)}/x`).path).toEqual({ id: text });
        },
      ),
    );
  });

  it('says what is allowed where a method is not', () => {
    expect(() => router.match('PATCH', '/s/SV1')).toThrow(
      expect.objectContaining({ statusCode: 405, headers: { allow: 'GET, HEAD, PUT' } }),
    );
    expect(() => router.match('GET', '/s//x')).toThrow(expect.objectContaining({ statusCode: 404 }));
    expect(() => router.match('GET', '/s')).toThrow(expect.objectContaining({ statusCode: 404 }));
  });
});
