// Subscriptions as server-sent events: the same as over a socket, and a reader that comes again goes on where it left.
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { startGateway, type TestGateway } from '../kit/gateway.ts';

const EVENTS = 'subscription ($after: Cursor) { events(after: $after) { cursor subjectId } }';
let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const create = (id: string) =>
  gateway.run('mutation ($id: ID!) { createTenant(input: { id: $id, name: "T" }) { cursor } }', { id });

const open = (init: RequestInit, query = '') =>
  fetch(`${gateway.url}/graphql${query}`, { ...init, headers: { accept: 'text/event-stream', ...init.headers } });

/** The text of a stream up to and with what is waited for; the stream is left then. */
async function readUntil(response: Response, wanted: string): Promise<string> {
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString('utf8');
    if (text.includes(wanted)) return text;
  }
  return text;
}

const subjects = (text: string) => [...text.matchAll(/"subjectId":"([^"]+)"/g)].map(([, id]) => id);

describe('a stream of events', () => {
  it('tells what follows from a cursor, and goes on after the last id', async () => {
    const { asOf: after } = await gateway.run('{ asOf }');
    for (const id of ['one', 'two', 'three']) await create(id);
    const post = { method: 'POST', headers: { 'content-type': 'application/json' } };
    const body = JSON.stringify({ query: EVENTS, variables: { after } });
    const first = await open({ ...post, body });
    expect(first.headers.get('content-type')).toContain('text/event-stream');
    const text = await readUntil(first, '"two"');
    expect(subjects(text).slice(0, 2)).toEqual(['one', 'two']);
    const [, second] = [...text.matchAll(/^id: (.+)$/gm)].map(([, id]) => id as string);
    const words = new URLSearchParams({ query: EVENTS, variables: JSON.stringify({ after }) });
    const again = await open({ headers: { 'last-event-id': second as string } }, `?${words}`);
    expect(subjects(await readUntil(again, '"three"'))).toEqual(['three']);
  });

  it('is refused while nothing of it is told, with what is wrong', async () => {
    const ask = async (query: string) => (await open({}, `?${new URLSearchParams({ query })}`)).status;
    expect(await ask('{ asOf }')).toBe(400);
    expect(await ask('subscription { nothing }')).toBe(400);
  });

  it('ends by saying so: with what went wrong, and with the gateway', async () => {
    const query = new URLSearchParams({ query: 'subscription { events(after: "nonsense") { cursor } }' });
    const wrong = await readUntil(await open({}, `?${query}`), 'event: complete');
    expect(wrong).toContain('BAD_USER_INPUT');
    const ending = await startGateway();
    const words = new URLSearchParams({ query: 'subscription { events { cursor } }' });
    const response = await fetch(`${ending.url}/graphql?${words}`, { headers: { accept: 'text/event-stream' } });
    const rest = readUntil(response, 'event: complete');
    await ending[Symbol.asyncDispose]();
    expect(await rest).toContain('event: complete');
  });
});

it('a socket carries 64 operations at once, and refuses one more', async () => {
  const client = createClient({
    url: `${gateway.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    lazy: false,
  });
  try {
    const query = 'subscription { events { cursor } }';
    const refused = await new Promise<unknown>((resolve) => {
      for (let count = 0; count < 65; count++)
        client.subscribe({ query }, { next: () => {}, complete: () => {}, error: resolve });
    });
    expect(refused).toMatchObject([{ extensions: { code: 'TOO_MANY_REQUESTS' } }]);
  } finally {
    await client.dispose();
  }
});
