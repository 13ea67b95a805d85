// Which names the gateway answers to. A web page can point a name of its own at a private address (DNS rebinding): its requests
// then carry that name as Host, or another page's Origin, and are refused.
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

export interface Hosts {
  /** Why a request is not for this gateway, or undefined if it is. */
  refusal(request: IncomingMessage): string | undefined;
}

/** `listening` is the address as configured; `allowed` are further names, each with a port or for every port. */
export function createHosts(listening: string, allowed: readonly string[]): Hosts {
  const names = new Set([listening.toLowerCase(), ...allowed]);
  const isNamed = (host: string) => names.has(host) || names.has(withoutPort(host));
  return {
    refusal: (request) => {
      const host = (request.headers.host ?? '').toLowerCase();
      if (!isNamed(host) && !isOwnAddress(withoutPort(host), request)) return refused('Host', host);
      const { origin } = request.headers;
      if (origin === undefined) return undefined;
      const from = /^https?:\/\/([^/]+)$/.exec(origin.toLowerCase())?.[1];
      // The port counts here: another page on the same machine is another origin.
      return from !== undefined && (from === host || names.has(from)) ? undefined : refused('Origin', origin);
    },
  };
}

/**
 * Names can be rebound, addresses cannot: an address is good if the request came in on it, and so is `localhost` for what came
 * in over loopback. The port does not matter, so that a tunnel from another port works.
 */
function isOwnAddress(name: string, { socket }: IncomingMessage): boolean {
  const local = (socket.localAddress ?? '').replace(/^::ffff:/, '');
  if (isLoopback(local)) return name === 'localhost' || (isIP(name) !== 0 && isLoopback(name));
  return isIP(name) !== 0 && name === local;
}

const isLoopback = (address: string) => address === '::1' || address.startsWith('127.');

/** `[::1]:4000` and `localhost:4000` without their ports and brackets. */
const withoutPort = (host: string) => host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');

const refused = (header: string, value: string) =>
  `The gateway does not answer requests with the ${header} ${JSON.stringify(value.slice(0, 200))}. If that is a name of this gateway, add it to GANTRY_ALLOWED_HOSTS.`;
