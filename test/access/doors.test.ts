// Who comes in: every door asks, and what was let in is put out as soon as it would not be let in again.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createUser, emailOf, type House, logIn, openHouse, PASSWORD } from '../kit/access.ts';
import { startGateway } from '../kit/gateway.ts';
import { until } from '../kit/until.ts';

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house[Symbol.asyncDispose]());

const post = (query: string, authorization?: string) =>
  fetch(`${house.gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
    body: JSON.stringify({ query }),
  });
const basic = (email: string, password: string) => `Basic ${Buffer.from(`${email}:${password}`).toString('base64')}`;
const WHO = '{ viewer { name role user { email } } }';

describe('the graph', () => {
  it('answers nobody with 401, whatever they ask', async () => {
    for (const query of [WHO, '{ instances { totalCount } }', '{ __schema { types { name } } }', '{ a: __typename }']) {
      const response = await post(query);
      expect(response.status).toBe(401);
      expect((await response.json()).errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    }
  });

  it('does not let a log-in carry anything else in', async () => {
    const response = await post(
      'mutation { logIn(input: { email: "a", password: "b" }) { token { id } } deleteUser(id: "a") { id } }',
    );
    expect(response.status).toBe(401);
  });

  it('refuses what is no token, a token with a typing error, and one that proves nothing', async () => {
    const good = await logIn(house.gateway, emailOf('VIEWER'));
    const [head] = good.split('_', 2).join('_').split('\n');
    for (const bad of ['x', `${good.slice(0, -1)}!`, good.slice(0, -1), `${head}_${'A'.repeat(49)}`, '']) {
      const response = await post(WHO, `Bearer ${bad}`);
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
    expect((await post(WHO, 'Digest x')).status).toBe(401);
  });

  it('says who asks', async () => {
    expect(await house.by.OPERATOR.run(WHO)).toEqual({
      viewer: { name: emailOf('OPERATOR'), role: 'OPERATOR', user: { email: emailOf('OPERATOR') } },
    });
  });

  it('gives a token no more than its user may, and no more than was asked for', async () => {
    const { createToken } = await house.admin.run(
      `mutation { createToken(input: { name: "look", role: VIEWER }) { text token { role name lastUsedAt } } }`,
    );
    expect(createToken.token).toEqual({ role: 'VIEWER', name: 'look', lastUsedAt: null });
    const viewer = house.gateway.as(`Bearer ${createToken.text}`);
    expect((await viewer.run(WHO)).viewer.role).toBe('VIEWER');
    // What a token may not do, a token made with it may not either.
    const made = await viewer.run(`mutation { createToken(input: { name: "more", role: ADMIN }) { token { role } } }`);
    expect(made.createToken.token.role).toBe('VIEWER');
  });

  it('makes tokens of others for an ADMIN only', async () => {
    const document = `mutation { createToken(input: { name: "his", user: "${house.own.User}" }) { text } }`;
    expect(await house.by.OPERATOR.errors(document)).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  it('takes no token that has ended', async () => {
    const { createToken } = await house.admin.run(
      `mutation { createToken(input: { name: "short", lifetime: "PT1S" }) { text } }`,
    );
    await until('it has ended', async () => (await post(WHO, `Bearer ${createToken.text}`)).status === 401);
  });
});

describe('sockets', () => {
  const WATCH = 'subscription { processStatus { processId } }';

  it('are closed with 4401 for who shows nothing, or what opens nothing', async () => {
    for (const authorization of [undefined, 'Bearer gantry_x']) {
      const asking = authorization === undefined ? house.gateway : house.gateway.as(authorization);
      const watching = asking.subscribe(WATCH);
      await until('it is closed', () => watching.closeCode === 4401);
    }
  });

  it('are closed with 4403 when their token is revoked', async () => {
    const text = await logIn(house.gateway, emailOf('VIEWER'));
    const watching = house.gateway.as(`Bearer ${text}`).subscribe(WATCH);
    await watching.until((values) => values[0]);
    await house.by.VIEWER.run(`mutation { revokeToken(id: "${text.split('_')[1]}") { id } }`);
    await until('it is closed', () => watching.closeCode === 4403);
    expect((await post(WHO, `Bearer ${text}`)).status).toBe(401);
  });

  it('are closed with 4403 when their token ends by itself', async () => {
    const { createToken } = await house.by.VIEWER.run(
      `mutation { createToken(input: { name: "short", lifetime: "PT3S" }) { text } }`,
    );
    const watching = house.gateway.as(`Bearer ${createToken.text}`).subscribe(WATCH);
    await until('it is closed', () => watching.closeCode === 4403);
  });

  it('are closed with 4403 when their user is deleted, has a lesser role or another password', async () => {
    const ends = [
      (email: string) => `deleteUser(id: "${email}") { id }`,
      (email: string) => `updateUser(id: "${email}", input: { role: VIEWER }) { user { email } }`,
      (email: string) => `updateUser(id: "${email}", input: { password: "another" }) { user { email } }`,
    ];
    for (const [index, end] of ends.entries()) {
      const email = `guest${index}@own.example`;
      await createUser(house.admin, email, 'OPERATOR', [house.own.Tenant]);
      const watching = house.gateway.as(`Bearer ${await logIn(house.gateway, email)}`).subscribe(WATCH);
      await watching.until((values) => values[0]);
      await house.admin.run(`mutation { ${end(email)} }`);
      await until('it is closed', () => watching.closeCode === 4403);
    }
  });

  it('take the token from the header of the upgrade, too', async () => {
    const text = await logIn(house.gateway, emailOf('VIEWER'));
    const socket = new WebSocket(`${house.gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers: { authorization: `Bearer ${text}` },
    });
    const answer = new Promise((resolve) => socket.once('message', (data) => resolve(JSON.parse(String(data)))));
    socket.once('open', () => socket.send('{"type":"connection_init"}'));
    expect(await answer).toMatchObject({ type: 'connection_ack' });
    socket.terminate();
  });
});

describe('the dialects', () => {
  const get = (path: string, authorization?: string) =>
    fetch(house.gateway.url + path, { headers: authorization === undefined ? {} : { authorization } });

  it('answer nobody with 401 in their own words', async () => {
    const platform = await get('/1.0/instances');
    expect(platform.status).toBe(401);
    expect(await platform.json()).toEqual({ error: expect.stringContaining('Say who you are') });
    const topology = await get('/flexdeploy/rest/topology/instance');
    expect(topology.status).toBe(401);
    expect(topology.headers.get('www-authenticate')).toMatch(/^Basic/);
  });

  it('take a token, and a password where their document has it', async () => {
    const token = `Bearer ${await logIn(house.gateway, emailOf('VIEWER'))}`;
    const password = basic(emailOf('VIEWER'), PASSWORD);
    expect((await get('/1.0/instances', token)).status).toBe(200);
    expect((await get('/1.0/instances', password)).status).toBe(401);
    expect((await get('/flexdeploy/rest/topology/instance', token)).status).toBe(200);
    expect((await get('/flexdeploy/rest/topology/instance', password)).status).toBe(200);
    expect((await get('/flexdeploy/rest/topology/instance', basic(emailOf('VIEWER'), 'wrong'))).status).toBe(401);
  });

  it('show a user of a tenant the instances of that tenant', async () => {
    const token = `Bearer ${await logIn(house.gateway, emailOf('VIEWER'))}`;
    const seen = (await (await get('/1.0/instances', token)).json()) as { id: string }[];
    expect(seen.map(({ id }) => id)).toEqual([house.own.Instance]);
    expect((await get(`/1.0/instances/${house.foreign.Instance}`, token)).status).toBe(404);
  });

  it('refuse with 403 what the role does not allow', async () => {
    const response = await fetch(`${house.gateway.url}/1.0/instances/${house.own.Instance}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${await logIn(house.gateway, emailOf('OPERATOR'))}` },
    });
    expect(response.status).toBe(403);
  });
});

describe('log-ins', () => {
  const attempt = async (email: string, password: string) =>
    (
      await house.gateway.errors('mutation ($input: LogInInput!) { logIn(input: $input) { text } }', {
        input: { email, password },
      })
    )[0];

  it('tell nothing about whether there is such a user', async () => {
    const known = await attempt(emailOf('VIEWER'), 'wrong');
    const unknown = await attempt('nobody@own.example', 'wrong');
    expect(known?.extensions.code).toBe('UNAUTHENTICATED');
    expect(unknown).toEqual(known);
  });

  it('of one account are refused after ten failures, whether or not there is such a user', async () => {
    const known = await createUser(house.admin, 'guessed@own.example', 'VIEWER');
    for (const email of ['tried@own.example', known]) {
      const codes: (string | undefined)[] = [];
      for (let count = 0; count < 11; count++) codes.push((await attempt(email, `guess ${count}`))?.extensions.code);
      expect(codes).toEqual([...Array(10).fill('UNAUTHENTICATED'), 'TOO_MANY_REQUESTS']);
    }
    expect((await attempt(known, PASSWORD))?.extensions.code).toBe('TOO_MANY_REQUESTS');
  });
});

describe('the first token', () => {
  it('ends as soon as the first ADMIN is there, and is not in the log', async () => {
    await using gateway = await startGateway({ GANTRY_ACCESS: 'token' });
    const first = gateway.as(`Bearer ${gateway.firstToken}`);
    await createUser(first, 'admin@own.example', 'ADMIN');
    expect(await first.errors(WHO)).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect(gateway.log()).not.toContain(gateway.firstToken);
    await logIn(gateway, 'admin@own.example');
    const again = await gateway.again();
    expect(again.firstToken).toBeUndefined();
    await again[Symbol.asyncDispose]();
  });

  it('is not made where nobody has to say who they are', async () => {
    await using gateway = await startGateway();
    expect(gateway.firstToken).toBeUndefined();
    expect((await gateway.run(WHO)).viewer).toEqual({ name: 'anonymous', role: 'ADMIN', user: null });
  });
});
