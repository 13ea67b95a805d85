// Reaches a server: looks its name up, judges each address in the moment of the call, and opens the socket.
import { lookup as lookUp } from 'node:dns';
import { connect as connectSocket, isIP, type LookupFunction, type Socket } from 'node:net';
import type { Networks } from '../networks.ts';
import type { NodeTarget } from './types.ts';
import { FleetError } from './types.ts';

export interface ReachOptions {
  /** Where nodes may be; anywhere if not given. */
  readonly networks?: Networks | undefined;
  /** Resolves to what ends a turn at looking up a name. */
  readonly names?: () => Promise<() => void>;
}

function refused(target: NodeTarget, address: string): FleetError {
  const what = target.host === address ? `The address ${address}` : `${target.host} (${address})`;
  return new FleetError(
    'ADDRESS_REFUSED',
    `${what} is in none of the networks in which nodes may be. If it shall be, add its network to GANTRY_NODE_NETWORKS.`,
  );
}

/**
 * Resolves to a socket that is connected; the caller closes it. Throws FleetError, or the error of the socket. What is judged is what is called:
 * the addresses that the look-up hands to the socket, an address that needs no look-up, and, before a byte is sent, the one it got to.
 */
export function reach(target: NodeTarget, options: ReachOptions, opened: (socket: Socket) => void): Promise<Socket> {
  const { networks } = options;
  const isAllowed = (address: string) => networks === undefined || networks.allows(address);
  return new Promise((resolve, reject) => {
    const { host, port } = target;
    if (isIP(host) !== 0 && !isAllowed(host)) return reject(refused(target, host));
    // Without noDelay a request on a kept connection takes 90 ms instead of 0.4.
    const socket = connectSocket({ host, port, noDelay: true, lookup: judging(target, isAllowed, options.names) });
    opened(socket);
    socket.once('connect', () => {
      const { remoteAddress = '' } = socket;
      if (isAllowed(remoteAddress)) return resolve(socket);
      socket.destroy();
      reject(refused(target, remoteAddress));
    });
    socket.on('error', reject); // kept: a later error without a listener would end the process
  });
}

/** A look-up that answers only with addresses that are allowed, for the socket to call at once. */
function judging(
  target: NodeTarget,
  isAllowed: (address: string) => boolean,
  names: () => Promise<() => void> = async () => () => {},
): LookupFunction {
  return (host, options, answer) => {
    names().then((done) =>
      lookUp(host, { ...options, all: true }, (error, found) => {
        done();
        if (error) return answer(error, '');
        const allowed = found.filter(({ address }) => isAllowed(address));
        const [first] = allowed;
        if (!first) return answer(refused(target, found[0]?.address ?? 'no address'), '');
        if (options.all) answer(null, allowed);
        else answer(null, first.address, first.family);
      }),
    );
  };
}
