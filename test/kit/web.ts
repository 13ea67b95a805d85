// A small web server on loopback, whose answers a test decides.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Web {
  readonly port: number;
  /** What was asked for, in order. */
  readonly asked: string[];
  /** The status of the next answers; a redirect leads to `/elsewhere`. */
  status: number;
  /** Whether there are answers at all. */
  silent: boolean;
  close(): Promise<void>;
}

export async function startWeb(port = 0): Promise<Web> {
  const server = createServer((request, response) => {
    web.asked.push(request.url ?? '');
    if (web.silent) return;
    response.writeHead(web.status, { location: '/elsewhere' }).end('words');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const web: Web = {
    port: (server.address() as AddressInfo).port,
    asked: [],
    status: 200,
    silent: false,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return web;
}
