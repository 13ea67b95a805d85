// Someone in between: passes on what comes to it, to the machine that is meant or to another one.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Relay extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** New connections go to this port of loopback from now on; those that are open are cut. */
  lead(port: number): void;
  /** Connections are cut, and new ones find something that cannot be spoken with: no waiting for a time-out. */
  away(): void;
}

export async function startRelay(to: number): Promise<Relay> {
  let destination: number | undefined = to;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((near) => {
    keep(near);
    if (destination === undefined) {
      near.resume().write('SSH-1.5-away\r\n');
      return;
    }
    const far = keep(connect(destination, '127.0.0.1'));
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    away: () => {
      destination = undefined;
      cut();
    },
    lead: (port) => {
      destination = port;
      cut();
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      await closed;
    },
  };
}
