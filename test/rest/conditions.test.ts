// Conditional requests: who has seen the newest state is let through, who has seen an older one is told so, in every dialect.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { rest } from '../kit/rest.ts';

const TOPOLOGY = '/flexdeploy/rest/topology/instance';
const SERVICE = { name: 's', type: 'command', options: { command: ['true'] } };
const NODE = { name: 'n', 'ip-address': '192.0.2.1', username: 'u', password: 'p' };

interface Thing {
  readonly list: string;
  readonly body: object;
  /** What addresses it, in its answer. */
  readonly id: string;
  /** Changes, each another one. */
  readonly change: (name: string) => object;
}

/** Things that can be written, and a change of each. */
const THINGS: Readonly<Record<string, Thing>> = {
  instance: { list: '/1.0/instances', body: { name: 'i', zk: 'z', redis: 'r' }, id: 'id', change: (zk) => ({ zk }) },
  tenant: { list: '/1.0/tenants', body: { id: 't1', name: 't' }, id: 'id', change: (name) => ({ name }) },
  user: {
    list: '/1.0/users',
    body: { email: 'a@example.com', name: 'a', password: 'p' },
    id: 'email',
    change: (name) => ({ name }),
  },
  integration: { list: '/1.0/integrations', body: { id: 'i1' }, id: 'id', change: (display) => ({ display }) },
  node: { list: '/1.0/instances/IN1/nodes', body: NODE, id: 'id', change: (name) => ({ name }) },
  service: { list: '/1.0/instances/IN1/services', body: SERVICE, id: 'id', change: (name) => ({ name }) },
  'topology instance': {
    list: TOPOLOGY,
    body: { instanceName: 'x', instanceCode: 'X', isActive: true },
    id: 'instanceId',
    change: (instanceName) => ({ instanceName, instanceCode: 'X' }),
  },
};

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
  await rest(gateway.url, 'POST', '/1.0/instances', { body: { name: 'first', zk: 'z', redis: 'r' } });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: object) =>
  rest(gateway.url, method, path, { headers, body });
const etagAt = async (path: string) => (await ask('GET', path)).headers.etag as string;

describe.each(Object.entries(THINGS))('%s', (_name, thing) => {
  let path: string;
  let count = 0;
  const another = () => thing.change(`changed ${++count}`);

  it('has an ETag from its creation, the same at each look', async () => {
    const created = await ask('POST', thing.list, {}, thing.body);
    expect(created.status).toBe(201);
    path = `${thing.list}/${created.body[thing.id]}`;
    const seen = await ask('GET', path);
    expect(seen.headers.etag).toMatch(/^"\d+\.[\w-]{16}"$/);
    expect(created.headers.etag).toBe(seen.headers.etag);
    expect((await ask('HEAD', path)).headers.etag).toBe(seen.headers.etag);
    expect(seen.body).not.toHaveProperty('version');
  });

  it('is not sent again to who has it', async () => {
    const etag = await etagAt(path);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const answer = await ask('GET', path, { 'if-none-match': known });
      expect([known, answer.status, answer.text, answer.headers.etag]).toEqual([known, 304, '', etag]);
    }
    expect((await ask('GET', path, { 'if-none-match': '"other"' })).status).toBe(200);
    expect((await ask('GET', path, { 'if-match': '"other"' })).status).toBe(412);
  });

  it('is changed only by who has seen it as it is', async () => {
    const old = await etagAt(path);
    expect((await ask('PUT', path, { 'if-match': old }, another())).status).toBe(200);
    const now = await etagAt(path);
    expect(now).not.toBe(old);
    const shown = (await ask('GET', path)).text;
    for (const stale of [old, `W/${now}`, '"nonsense"', `${old}, W/${now}`]) {
      const answer = await ask('PUT', path, { 'if-match': stale }, another());
      expect([stale, answer.status, Object.keys(answer.body)]).toEqual([
        stale,
        412,
        [expect.stringMatching(/error|message/)],
      ]);
    }
    expect((await ask('PUT', path, { 'if-none-match': '*' }, another())).status).toBe(412);
    expect((await ask('GET', path)).text).toBe(shown);
    expect((await ask('PUT', path, { 'if-match': `"other", ${now}` }, another())).status).toBe(200);
    expect((await ask('PUT', path, { 'if-match': '*' }, another())).status).toBe(200);
    expect((await ask('PUT', path, { 'if-none-match': '"other"' }, another())).status).toBe(200);
  });

  it('is changed by one of two who have seen the same', async () => {
    const seen = { 'if-match': await etagAt(path) };
    const answers = await Promise.all([1, 2, 3].map(() => ask('PUT', path, seen, another())));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
  });

  it('is deleted only by who has seen it as it is', async () => {
    if (thing.list === TOPOLOGY) return;
    const old = await etagAt(path);
    await ask('PUT', path, {}, another());
    expect((await ask('DELETE', path, { 'if-match': old })).status).toBe(412);
    const now = await etagAt(path);
    expect((await ask('DELETE', path, { 'if-match': now })).status).toBe(204);
    for (const condition of ['*', now])
      expect((await ask('PUT', path, { 'if-match': condition }, another())).status).toBe(404);
  });
});

describe('a condition', () => {
  it.each(['', 'abc', '"a', 'W/', '"a" "b"', '"a",', '*, "a"'])(
    'that is no list of ETags is refused: %j',
    async (tags) => {
      for (const header of ['if-match', 'if-none-match'])
        expect((await ask('GET', '/1.0/instances/IN1', { [header]: tags })).status).toBe(400);
    },
  );

  it('also sees what comes and goes without a write of the thing itself', async () => {
    await ask('POST', '/1.0/tenants', {}, { id: 'late', name: 'l' });
    await ask('POST', '/1.0/users', {}, { email: 'z@example.com', name: 'z', password: 'p', tenants: ['late'] });
    const before = await etagAt('/1.0/users/z@example.com');
    await ask('DELETE', '/1.0/tenants/late');
    expect(await etagAt('/1.0/users/z@example.com')).not.toBe(before);
  });

  it('holds for lists, too', async () => {
    const etag = await etagAt('/1.0/tenants');
    expect((await ask('GET', '/1.0/tenants', { 'if-none-match': etag })).status).toBe(304);
    await ask('POST', '/1.0/tenants', {}, { id: 'another', name: 'l' });
    expect((await ask('GET', '/1.0/tenants', { 'if-none-match': etag })).status).toBe(200);
  });
});
