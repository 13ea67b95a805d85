// The subscribers, in a process of their own: they count what comes and say when each of them has so many.
//   words: the address, how many, the cursor to begin from.  in: N (so many to each from now on)   out: the moments, by the clock
import WebSocket from 'ws';
import { FIELDS } from './event.ts';

const [url = '', many, after] = process.argv.slice(2);
const query = `subscription ($after: ${process.argv[5]}) { events(after: $after) { ${FIELDS} } }`;
const count = Number(many);
const had = new Array<number>(count).fill(0);
let wanted = Number.POSITIVE_INFINITY;
let moments: number[] = [];
let sample: string | undefined;
const clock = () => performance.timeOrigin + performance.now();

function note(reader: number): void {
  if (had[reader] !== wanted) return;
  moments.push(clock());
  if (moments.length === count) process.send?.({ moments, sample });
}

function open(reader: number): Promise<void> {
  const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false, handshakeTimeout: 60_000 });
  socket.on('open', () => socket.send('{"type":"connection_init"}'));
  socket.on('close', (code, reason) => process.send?.({ error: `closed: ${code} ${reason}` }));
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data: Buffer) => {
      if (data.includes('"next"')) {
        sample ??= String(data);
        had[reader] = (had[reader] ?? 0) + 1;
        note(reader);
      } else if (data.includes('connection_ack')) {
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables: { after } } }), () =>
          resolve(),
        );
      } else if (data.includes('"ping"')) socket.send('{"type":"pong"}');
      else process.send?.({ error: String(data) });
    });
  });
}

process.on('message', (more: number) => {
  moments = [];
  had.fill(0);
  wanted = more;
  process.send?.({ isReady: true });
});
process.on('disconnect', () => process.exit());
for (let reader = 0; reader < count; reader += 50)
  await Promise.all(Array.from({ length: Math.min(50, count - reader) }, (_, each) => open(reader + each)));
process.send?.({ isReady: true });
