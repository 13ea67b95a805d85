// Fleets, nodes and strange servers for one test: made in a line, gone after it.
import { createServer, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import type { NodeTarget } from '../../src/fleet/types.ts';
import { Secret } from '../../src/secret.ts';
import { type TestFleet, testFleet } from './listener.ts';
import { type FakeNode, fakeNode, PASSWORD } from './node.ts';

const cleanups: (() => unknown)[] = [];

/** What is given here is called after the test, the latest first. A test file that uses this module calls `cleanUp` once. */
export const afterThisTest = (cleanup: () => unknown) => void cleanups.push(cleanup);

export const cleanUp = () =>
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

export async function node(options: Parameters<typeof fakeNode>[0] = {}): Promise<FakeNode> {
  const made = await fakeNode(options);
  afterThisTest(made.close);
  return made;
}

export function fleet(options: Parameters<typeof testFleet>[0] = {}): TestFleet {
  const made = testFleet(options);
  afterThisTest(() => made.fleet.close());
  return made;
}

/** A TCP server on loopback that is no node; resolves to its port. */
export async function strange(serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterThisTest(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** A port on loopback at which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

export const at = (port: number): NodeTarget => ({
  id: 'NDX',
  host: '127.0.0.1',
  port,
  username: 'gantry',
  password: new Secret(PASSWORD),
  hostKeys: [],
});
