// Hostile requests: each is answered in the dialect's own words, with a status of the caller's fault, and changes nothing.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { rest } from '../kit/rest.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const DIALECTS = [
  { name: '/1.0', create: '/1.0/instances', key: 'error', good: { name: 'n', zk: 'z', redis: 'r' } },
  {
    name: 'topology',
    create: '/flexdeploy/rest/topology/instance',
    key: 'message',
    good: { instanceName: 'n', instanceCode: 'c' },
  },
] as const;

const BODIES: readonly (readonly [what: string, body: string | Uint8Array])[] = [
  ['no JSON', 'name=x'],
  ['a trailing comma', '{"name":"x",}'],
  ['keys twice', '{"name":"x","name":"x"}'],
  ['a byte order mark', '\ufeff{}'],
  ['invalid UTF-8', Uint8Array.from([0x7b, 0xff, 0x7d])],
  ['an overlong encoding', Uint8Array.from([0x22, 0xc0, 0xaf, 0x22])],
  ['half a surrogate', '{"name":"\\udfff"}'],
  ['1e400', '{"name":1e400}'],
  ['depth', `${'{"stats":'.repeat(1000)}1${'}'.repeat(1000)}`],
  ['brackets', '['.repeat(100_000)],
  ['a list', '[{}]'],
  ['a number', '7'],
  ['null', 'null'],
  ['an empty object', '{}'],
];

const PATHS = [
  '/%00',
  '/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  '/IN1%27%20or%201=1--',
  '/..%5c',
  `/${'9'.repeat(900)}`,
  '/__proto__',
  '/constructor',
  '/%F0%9F%92%A3',
  '/-1',
  '/1.5',
  '/0x1',
  '/IN01',
  '/in1',
];

describe.each(DIALECTS)('$name', ({ create, key, good }) => {
  const expectRefused = async (answer: Awaited<ReturnType<typeof rest>>, statuses: readonly number[]) => {
    expect(statuses).toContain(answer.status);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.body).toEqual({ [key]: expect.stringMatching(/\S/) });
    expect(answer.text).not.toMatch(/<html|at .*\.[jt]s:\d+|node_modules/);
  };

  it.each(BODIES)('a body of %s is refused with 400', async (_what, body) => {
    await expectRefused(await rest(gateway.url, 'POST', create, { body }), [400]);
  });

  it.each(PATHS)('the path %s finds nothing', async (path) => {
    await expectRefused(await rest(gateway.url, 'GET', create + path), [400, 404]);
  });

  it('a path that does not decode is refused with 400, in its words', async () => {
    for (const path of ['/%', '/%zz', '/%ff', '/%c0%af']) {
      const answer = await rest(gateway.url, 'GET', create + path);
      expect(answer).toMatchObject({ status: 400, body: { [key]: expect.any(String) } });
    }
  });

  it.each([
    ['no content type', { 'content-type': '' }],
    ['text', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['another encoding', { 'content-type': 'application/json; charset=utf-16' }],
    ['compressed', { 'content-encoding': 'gzip', 'content-type': 'application/gzip' }],
  ])('a body that is declared as %s is refused with 415', async (_what, headers) => {
    await expectRefused(await rest(gateway.url, 'POST', create, { body: JSON.stringify(good), headers }), [415]);
  });

  it('a body beyond all measure is refused with 413', async () => {
    await expectRefused(
      await rest(gateway.url, 'POST', create, { body: JSON.stringify({ ...good, x: 'y'.repeat(2 ** 21) }) }),
      [413],
    );
  });

  it.each(['TRACE', 'OPTIONS', 'PROPFIND', 'PATCH', 'DELETE'])(
    'the method %s is refused with what is allowed',
    async (method) => {
      const answer = await rest(gateway.url, method, create);
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toBe('GET, HEAD, POST');
    },
  );

  it('keys of prototypes are data or ignored, never a failure', async () => {
    const body = JSON.stringify(good).replace(
      '{',
      '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{}},"toString":1,',
    );
    const answer = await rest(gateway.url, 'POST', create, { body });
    expect(answer.status).toBe(201);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it('what was refused is nowhere in the store', async () => {
    const { instances } = await gateway.run('{ instances { nodes { name } } }');
    expect(instances.nodes.every((instance: { name: string }) => instance.name === 'n')).toBe(true);
  });

  it('a HEAD is a GET without its body', async () => {
    const [head, get] = [await rest(gateway.url, 'HEAD', create), await rest(gateway.url, 'GET', create)];
    expect(head).toMatchObject({ status: 200, text: '' });
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
  });
});

describe("a name that is not the gateway's", () => {
  const ask = (headers: Record<string, string>, path = '/1.0/tenants') => rest(gateway.url, 'GET', path, { headers });
  const port = () => new URL(gateway.url).port;

  it.each(['/1.0/tenants', '/flexdeploy/rest/topology/instance', '/graphql', '/healthz', '/no/such/thing'])(
    'is refused at %s',
    async (path) => {
      const answer = await ask({ host: 'rebound.example' }, path);
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('GANTRY_ALLOWED_HOSTS');
    },
  );

  it.each([
    ['the page of another site', 'http://attacker.example'],
    ['a page without an origin, as in a sandbox', 'null'],
    ['another program of this machine', 'http://localhost:1'],
  ])('%s is refused as Origin', async (_what, origin) => {
    expect((await ask({ origin })).status).toBe(403);
  });

  it('its own addresses are taken, also through a tunnel from another port', async () => {
    for (const host of [`127.0.0.1:${port()}`, `localhost:${port()}`, 'localhost:8080', 'LOCALHOST', '[::1]:8080'])
      expect((await ask({ host })).status).toBe(200);
    expect((await ask({ host: 'localhost:8080', origin: 'http://localhost:8080' })).status).toBe(200);
  });

  it('is taken once it is allowed', async () => {
    await using other = await startGateway({ GANTRY_ALLOWED_HOSTS: 'gantry.example.com, other.example:8443' });
    const asked = async (host: string, origin?: string) =>
      (await rest(other.url, 'GET', '/1.0/tenants', { headers: { host, ...(origin && { origin }) } })).status;
    expect(await asked('gantry.example.com')).toBe(200);
    expect(await asked('Gantry.Example.com:8080', 'https://gantry.example.com')).toBe(200);
    expect(await asked('other.example:8443')).toBe(200);
    expect(await asked('other.example:80')).toBe(403);
    expect(await asked('gantry.example.com.evil.example')).toBe(403);
  });
});
