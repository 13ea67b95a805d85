// The one place that makes SSH clients: reaches the server, judges its host key, logs in.
import type { Socket } from 'node:net';
import ssh2, { type Client } from 'ssh2';
import { loginMethods } from './credentials.ts';
import { connectionFailure, fromConnectError } from './failures.ts';
import { describeHostKey, isPinned, isRevokedFor, knownKeys, preferredAlgorithms } from './hostkey.ts';
import { type ReachOptions, reach } from './reach.ts';
import type { HostKey, NodeTarget } from './types.ts';
import { FleetError } from './types.ts';

export interface ConnectOptions extends ReachOptions {
  /** Milliseconds for everything up to the log-in. */
  readonly timeoutMs: number;
  /** Ends the attempt with CLOSED. */
  readonly signal?: AbortSignal;
  /** First contact: awaited before any credential is sent. */
  readonly pin: (key: HostKey) => Promise<void>;
  /** Told, after the log-in, of all keys that the server has proven to have; OpenSSH does so. */
  readonly proven?: (keys: readonly HostKey[]) => void;
  /** Told of the key as soon as it is seen, whatever comes of it. */
  readonly sawHostKey?: (key: HostKey) => void;
  /** Awaited once the server has been reached; resolves to what gives the slot back. */
  readonly slot?: () => Promise<() => void>;
}

/** A slow server gives its slot back after this long, so that it cannot keep the others waiting. */
const SLOT_MS = 2_000;

/** Resolves to a client that is logged in. Throws FleetError; never a text of ssh2, which may quote what it was given. */
export async function connect(target: NodeTarget, options: ConnectOptions): Promise<Client> {
  const nextLogin = loginMethods(target); // a key that cannot be read is found before anyone is called
  const attempt = new Attempt(target, options);
  try {
    const socket = await attempt.within(
      reach(target, options, (opened) => attempt.closers.push(() => opened.destroy())),
    );
    const giveBack = (await attempt.within(options.slot?.() ?? Promise.resolve(() => {}), (late) =>
      late(),
    )) as () => void;
    const slow = setTimeout(giveBack, SLOT_MS);
    try {
      return await attempt.within(logIn(target, socket, nextLogin, options, attempt));
    } finally {
      clearTimeout(slow);
      giveBack();
    }
  } catch (error) {
    attempt.abandon();
    throw fromConnectError(error, target);
  } finally {
    attempt.settle();
  }
}

/** The limits of one attempt, time and abort, and what has to be closed if it fails. */
class Attempt {
  readonly #stop = Promise.withResolvers<never>();
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal | undefined;
  readonly #abort: () => void;
  readonly closers: (() => void)[] = [];

  constructor(target: NodeTarget, options: ConnectOptions) {
    this.#stop.promise.catch(() => {});
    this.#timer = setTimeout(() => this.fail(connectionFailure('TIMEOUT', target)), options.timeoutMs);
    this.#abort = () => this.fail(connectionFailure('CLOSED', target));
    this.#signal = options.signal;
    this.#signal?.addEventListener('abort', this.#abort, { once: true });
    if (this.#signal?.aborted) this.#abort();
  }

  fail(error: unknown): void {
    this.#stop.reject(error);
  }

  /** The work, or the first failure. `late` disposes of a result that comes when nobody waits any longer. */
  within<T>(work: Promise<T>, late?: (result: T) => void): Promise<T> {
    let over = false;
    work.then((result) => over && late?.(result)).catch(() => {});
    return Promise.race([work, this.#stop.promise]).catch((error: unknown) => {
      over = true;
      throw error;
    });
  }

  abandon(): void {
    for (const close of this.closers) close();
  }

  settle(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#abort);
  }
}

function logIn(
  target: NodeTarget,
  socket: Socket,
  nextLogin: ReturnType<typeof loginMethods>,
  options: ConnectOptions,
  attempt: Attempt,
): Promise<Client> {
  return new Promise((resolve, reject) => {
    if (socket.destroyed) return reject(connectionFailure('RESET', target)); // while it waited for its slot
    const client = new ssh2.Client();
    attempt.closers.push(() => client.destroy());
    client.once('ready', () => resolve(client));
    // ssh2 asks the server to sign with each key that it offers, and tells of those whose signature is right.
    client.on('hostkeys', (keys) => options.proven?.(knownKeys(keys.map((key) => key.getPublicSSH()))));
    client.on('error', reject);
    client.once('close', () => reject(connectionFailure('RESET', target)));
    client.on('change password', () =>
      reject(new FleetError('AUTHENTICATION', `The password of ${JSON.stringify(target.username)} has expired.`)),
    );
    client.connect({
      sock: socket,
      username: target.username,
      readyTimeout: 0, // the attempt has its own
      algorithms: { serverHostKey: { prepend: preferredAlgorithms(target.hostKeys), append: [], remove: [] } },
      hostVerifier: (blob: Buffer, verify: (ok: boolean) => void) => {
        judge(describeHostKey(blob), target, options).then(
          () => verify(true),
          (error: unknown) => {
            reject(error);
            verify(false);
          },
        );
      },
      authHandler: (allowed, _partial, next) => next(nextLogin(allowed) as Parameters<typeof next>[0]),
    });
  });
}

/** Resolves if the key may be trusted. Until then nothing about the user is sent. */
async function judge(key: HostKey, target: NodeTarget, options: ConnectOptions): Promise<void> {
  options.sawHostKey?.(key);
  if (isRevokedFor(target, key)) {
    throw new FleetError(
      'HOST_KEY_REVOKED',
      `${target.host}:${target.port} shows the host key ${key.fingerprint} (${key.type}), which was revoked: somebody else may have it. Nothing was sent.`,
    );
  }
  if (isPinned(target.hostKeys, key)) return;
  if (target.hostKeys.length > 0) {
    throw new FleetError(
      'HOST_KEY_CHANGED',
      `${target.host}:${target.port} shows the host key ${key.fingerprint} (${key.type}), which is not the one that is pinned. ` +
        'If the machine was set up anew, accept the new key; if not, someone may be in between.',
    );
  }
  try {
    await options.pin(key);
  } catch (error) {
    if (error instanceof FleetError) throw error;
    throw new FleetError(
      'PIN_FAILED',
      `The host key ${key.fingerprint} was not accepted, so nothing was sent to the node.`,
    );
  }
}
