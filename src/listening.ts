// Listening: the address that the gateway is reached at, and its certificate.
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import type { Config } from './config.ts';
import { GantryError } from './errors.ts';
import type { Tls } from './graph/http.ts';

/** The certificate and its key, if there are any. Throws UNAVAILABLE, in a sentence, if they are not to be used. */
export function readTls({ tls }: Config): Tls | undefined {
  if (!tls) return undefined;
  try {
    const pair = { cert: readFileSync(tls.cert, 'utf8'), key: readFileSync(tls.key, 'utf8') };
    createSecureContext(pair);
    return pair;
  } catch (error) {
    throw new GantryError(
      'UNAVAILABLE',
      `The certificate ${tls.cert} and its key cannot be used: ${(error as Error).message}.`,
    );
  }
}

/** Answers with the address. Throws UNAVAILABLE, in a sentence, if it is not to be had. */
export async function listen(http: FastifyInstance, { host, port, tls }: Config): Promise<string> {
  try {
    await http.listen({ host, port });
  } catch (error) {
    await http.close();
    const why = LISTEN_FAILURES[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message;
    throw new GantryError('UNAVAILABLE', `Gantry cannot listen on ${host} port ${port}: ${why}.`);
  }
  return `${tls ? 'https' : 'http'}://${addressOf(http.server.address() as AddressInfo)}`;
}

const LISTEN_FAILURES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program does. Stop that one, or set GANTRY_PORT',
  EADDRNOTAVAIL: 'the address is not one of this machine. Set GANTRY_HOST',
  EACCES: 'it takes more rights than you have. Set GANTRY_PORT to a port above 1023',
  ENOTFOUND: 'there is no such address. Set GANTRY_HOST',
};

const addressOf = ({ address, family, port }: AddressInfo) => `${family === 'IPv6' ? `[${address}]` : address}:${port}`;
