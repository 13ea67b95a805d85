// Long lists come whole, page by page.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstance } from '../../src/platform/instances.ts';
import { createTenant } from '../../src/platform/tenants.ts';
import { createUser } from '../../src/platform/users.ts';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { rest } from '../kit/rest.ts';
import { until } from '../kit/until.ts';

const MANY = 530;
const PAGES = Math.ceil(MANY / 100);
// Five pages are 26 MB: more than the buffers between two sockets hold.
const FILL = 'x'.repeat(50_000);
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
  const tenants = [...Array(MANY).keys()].map((number) => `t${number}`);
  for (const id of tenants) await createTenant(gateway.platform, { id, name: id });
  await createUser(gateway.platform, { email: 'many@example.com', name: 'Many', password: 'p', tenants });
  for (const number of tenants.keys())
    await createInstance(gateway.platform, { name: number % 2 ? 'Odd' : 'Even', stats: { fill: FILL } });
}, 60_000);
afterAll(() => gateway[Symbol.asyncDispose]());

describe('a list that is longer than a page', () => {
  it('is answered whole and in the order of creation, each page of it read with one statement', async () => {
    const statements = await gateway.statements(async () => {
      const { status, body } = await rest(gateway.url, 'GET', '/1.0/tenants');
      expect(status).toBe(200);
      expect(body.map((tenant: { id: string }) => tenant.id)).toEqual(
        [...Array(MANY).keys()].map((number) => `t${number}`),
      );
    });
    expect(statements).toHaveLength(PAGES);
  });

  it('inside a thing is whole, too', async () => {
    expect((await rest(gateway.url, 'GET', '/1.0/users/many@example.com')).body.tenants).toHaveLength(MANY);
    expect((await rest(gateway.url, 'GET', '/1.0/users')).body[0].tenants).toHaveLength(MANY);
  });

  it('keeps its filter on every page', async () => {
    const { body } = await rest(gateway.url, 'GET', '/flexdeploy/rest/topology/instance?name=odd');
    expect(body.map((instance: { instanceId: number }) => instance.instanceId)).toEqual(
      [...Array(MANY / 2).keys()].map((half) => 2 * half + 2),
    );
  });

  it('is read no further for a client that does not read, and no further for one that has gone', async () => {
    const { reader } = gateway.platform.store;
    let pages = 0;
    reader.onStatement = (sql) => void (sql.includes('"instance"') && pages++);
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    socket.pause();
    socket.write('GET /1.0/instances HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until('the first page', () => pages >= 1);
    // Long enough for all of them, were nobody to mind: a page takes some milliseconds.
    await sleep(500);
    const unread = pages;
    socket.destroy();
    await sleep(500);
    reader.onStatement = undefined;
    expect(unread).toBeLessThan(PAGES);
    expect(pages).toBe(unread);
  });
});
