// The limit: the same bytes to everyone, with nothing behind them.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { WebSocketServer } from 'ws';
import { serve } from '../child.ts';

const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
sockets.on('connection', (socket) => {
  socket.on('message', (data) => {
    if (String(data).includes('connection_init')) socket.send('{"type":"connection_ack"}');
  });
});

const server = createServer(async (request, response) => {
  const { count, message } = JSON.parse(await text(request));
  const bytes = Buffer.from(message);
  for (let number = 0; number < count; number++)
    for (const socket of sockets.clients) socket.send(bytes, { binary: false });
  response.end('{}');
});
server.on('upgrade', (request, socket, head) =>
  sockets.handleUpgrade(request, socket, head, (open) => sockets.emit('connection', open, request)),
);
serve(server);
