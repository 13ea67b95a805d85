// Limits that are set: how often, which documents, whether the schema is told, and encryption.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-limits-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ask = (gateway: TestGateway, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"query":"{ __typename }"}',
  });

describe('a rate', () => {
  it('is told in each answer, and refused beyond, at every door', async () => {
    await using gateway = await startGateway({ GANTRY_REQUESTS_PER_MINUTE: '5' });
    for (let left = 4; left >= 0; left--) {
      const { status, headers } = await ask(gateway);
      expect([status, headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-remaining')]).toEqual([
        200,
        '5',
        `${left}`,
      ]);
    }
    const refused = await ask(gateway);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await refused.json()).errors[0].extensions.code).toBe('TOO_MANY_REQUESTS');
    const dialect = await fetch(`${gateway.url}/1.0/instances`);
    expect([dialect.status, await dialect.json()]).toEqual([
      429,
      { error: expect.stringContaining('5 requests a minute') },
    ]);
  });

  it('is not evaded by tokens that are made up', async () => {
    await using gateway = await startGateway({ GANTRY_REQUESTS_PER_MINUTE: '5' });
    const statuses: number[] = [];
    for (let count = 0; count < 7; count++)
      statuses.push((await ask(gateway, { authorization: `Bearer made-up-${count}` })).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
  });
});

describe('trusted documents', () => {
  it('are the only ones that are answered, however they are written', async () => {
    writeFileSync(
      join(folder, 'all.graphql'),
      'query Names { instances { nodes { ...Name } } }\nfragment Name on Instance { name }',
    );
    await using gateway = await startGateway({ GANTRY_TRUSTED_DOCUMENTS: folder });
    await gateway.run('query Names{instances{nodes{...Name}}} fragment Name on Instance{name} # the same');
    for (const other of [
      '{ instances { nodes { name } } }',
      'query Names { instances { nodes { id } } }',
      '{ __schema { types { name } } }',
    ])
      expect((await gateway.errors(other))[0]?.extensions.code).toBe('DOCUMENT_NOT_TRUSTED');
  });

  it('that do not fit the schema keep the gateway from starting', async () => {
    const wrong = mkdtempSync(join(folder, 'wrong-'));
    writeFileSync(join(wrong, 'x.graphql'), 'query X { instances { nodes { nam } } }');
    await expect(startGateway({ GANTRY_TRUSTED_DOCUMENTS: wrong })).rejects.toThrow(/x\.graphql cannot be trusted/);
  });
});

describe('without introspection', () => {
  it('the schema is neither shown nor guessed at, and there is no GraphiQL', async () => {
    await using gateway = await startGateway({ GANTRY_INTROSPECTION: 'off' });
    expect(await gateway.errors('{ __schema { types { name } } }')).toHaveLength(1);
    const [error] = await gateway.errors('{ instance(id: "IN1") { nam } }');
    expect(error?.message).not.toMatch(/did you mean|name"/i);
    const page = await fetch(`${gateway.url}/graphql`, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(400);
    expect(page.headers.get('content-type')).toMatch(/json/);
  });
});

describe('a certificate', () => {
  it('makes the gateway listen encrypted', async () => {
    // Made for these tests, for localhost: it opens nothing.
    const [cert, key] = ['cert.pem', 'key.pem'].map((file) => join(import.meta.dirname, '../kit/tls', file));
    await using gateway = await startGateway({ GANTRY_TLS_CERT: `${cert}`, GANTRY_TLS_KEY: `${key}` });
    expect(gateway.url).toMatch(/^https:/);
    const answer = await new Promise<{ status: number | undefined; safety: unknown }>((resolve, reject) => {
      const sent = request(`${gateway.url}/healthz`, { rejectUnauthorized: false }, (response) => {
        response.resume();
        resolve({ status: response.statusCode, safety: response.headers['strict-transport-security'] });
      });
      sent.on('error', reject).end();
    });
    expect(answer).toEqual({ status: 200, safety: expect.stringContaining('max-age') });
  });

  it('that cannot be read keeps the gateway from starting', async () => {
    const settings = { GANTRY_TLS_CERT: '/none', GANTRY_TLS_KEY: '/none' };
    await expect(startGateway(settings)).rejects.toThrow(/cannot be used/);
    await expect(startGateway({ GANTRY_TLS_CERT: '/none' })).rejects.toThrow(/set together/);
  });
});
