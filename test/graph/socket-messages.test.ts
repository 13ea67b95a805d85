// The messages of a socket: up to a size they are taken, and a larger one closes the socket that it came over, and no other.
import { once } from 'node:events';
import { expect, it } from 'vitest';
import WebSocket from 'ws';
import { startGateway } from '../kit/gateway.ts';

const MAX_BYTES = 64 * 1024;
const ping = (bytes: number) => {
  const empty = JSON.stringify({ type: 'ping', payload: { text: '' } });
  return JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(bytes - empty.length) } });
};

it('messages of up to 64 kB are taken; a larger one closes its socket with 1009', async () => {
  await using gateway = await startGateway();
  const open = async () => {
    const socket = new WebSocket(`${gateway.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init' }));
    await once(socket, 'message');
    return socket;
  };
  const answer = async (socket: WebSocket) => {
    socket.send(ping(MAX_BYTES));
    return JSON.parse(String((await once(socket, 'message'))[0])).type;
  };
  const [large, other] = [await open(), await open()];
  expect(await answer(large)).toBe('pong');
  large.send(ping(MAX_BYTES + 1));
  expect((await once(large, 'close'))[0]).toBe(1009);
  expect(await answer(other)).toBe('pong');
  other.close();
}, 60_000);
