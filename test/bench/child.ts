// What the servers of the bench have in common: a free port on loopback, told to the parent, and an end with the parent.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export function serve(server: Server): void {
  server.listen(0, '127.0.0.1', () => announce((server.address() as AddressInfo).port));
}

export function announce(port: number): void {
  console.log(`http://127.0.0.1:${port}`);
  process.on('disconnect', () => process.exit());
}
