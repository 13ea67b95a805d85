// One watched node: keeps a link to it, remakes a lost one, and says how it stands.

import type { Networks } from '../networks.ts';
import { Backoff, type BackoffOptions } from './backoff.ts';
import { sameLogin } from './credentials.ts';
import { connectionFailure } from './failures.ts';
import type { HandshakeGate } from './gate.ts';
import { isPinned, isRevokedFor, isTrusted } from './hostkey.ts';
import { type Link, openLink } from './link.ts';
import { measure } from './measure.ts';
import { Standing } from './standing.ts';
import type { Connection, ConnectionState, FailureReason, FleetListener, HostKey, NodeTarget } from './types.ts';
import { FleetError } from './types.ts';

export interface WatchOptions {
  readonly listener: FleetListener;
  readonly gate: HandshakeGate;
  readonly networks: Networks | undefined;
  readonly connectTimeoutMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly backoff: BackoffOptions;
}

/** These do not mend themselves, and trying again may lock an account: the next try is after a change of the target. */
const FINAL: Partial<Record<FailureReason, ConnectionState>> = {
  AUTHENTICATION: 'AUTH_FAILED',
  BAD_CREDENTIAL: 'AUTH_FAILED',
  HOST_KEY_CHANGED: 'HOST_KEY_CHANGED',
  HOST_KEY_UNKNOWN: 'HOST_KEY_UNKNOWN',
  HOST_KEY_REVOKED: 'HOST_KEY_CHANGED',
  ADDRESS_REFUSED: 'ADDRESS_REFUSED',
  UNSUPPORTED: 'UNSUPPORTED',
};

/** A link that held this long was a good one: the back-off begins anew. */
const GOOD_LINK_MS = 10_000;

export class Watch {
  #target: NodeTarget;
  #link: Link | undefined;
  #shownKey: HostKey | undefined;
  /** Ends the attempt or the link at hand. */
  #round = new AbortController();
  /** Ends the waiting between two attempts. */
  #wake: () => void = () => {};
  #waiters: PromiseWithResolvers<Link>[] = [];
  #closed = false;
  readonly #backoff: Backoff;
  readonly #standing: Standing;
  readonly #ended: Promise<void>;

  constructor(
    target: NodeTarget,
    private readonly options: WatchOptions,
  ) {
    this.#target = target;
    this.#backoff = new Backoff(options.backoff);
    this.#standing = new Standing(target.id, options.listener);
    this.#ended = this.#run();
  }

  get connection(): Connection {
    return this.#standing.connection;
  }

  get target(): NodeTarget {
    return this.#target;
  }

  /** Takes the target as it is now. A change that matters drops what is there and connects anew at once. */
  retarget(target: NodeTarget): void {
    const pins = target.hostKeys.length > 0 ? target.hostKeys : this.#target.hostKeys; // a pin is never forgotten in passing
    const samePins =
      pins.length === this.#target.hostKeys.length && pins.every((pin) => isPinned(this.#target.hostKeys, pin));
    const same = sameLogin(target, this.#target) && target.driver === this.#target.driver; // chosen at the hello
    // The key that is shown at present is among the pins: that is how a first contact ends.
    const stillPinned = this.#shownKey !== undefined && isTrusted({ ...target, hostKeys: pins }, this.#shownKey);
    this.#target = { ...target, hostKeys: pins };
    const isRevoked = this.#shownKey !== undefined && isRevokedFor(target, this.#shownKey);
    if (same && !isRevoked && (samePins || (stillPinned && !this.#failedForGood()))) return;
    this.#backoff.reset();
    this.#shownKey = undefined;
    this.#link = undefined;
    this.#standing.connecting();
    this.#round.abort();
    this.#wake();
  }

  /** Tries again now, also after a failure that is otherwise final. */
  retry(): void {
    this.#wake();
  }

  /** The link, or the one that is being made. Throws why there is none: after the attempt that is under way or begun for it. */
  link(timeoutMs: number): Promise<Link> {
    if (this.#closed) return Promise.reject(connectionFailure('CLOSED', this.#target));
    if (this.#link) return Promise.resolve(this.#link);
    const { reason, message } = this.connection;
    if (this.#failedForGood()) return Promise.reject(new FleetError(reason ?? 'FAILED', message ?? ''));
    const waiter = Promise.withResolvers<Link>();
    this.#waiters.push(waiter);
    this.#wake();
    const late = new FleetError('TIMEOUT', `There was no connection within ${timeoutMs} ms; nothing was sent.`);
    const timer = setTimeout(() => waiter.reject(late), timeoutMs);
    return waiter.promise.finally(() => {
      clearTimeout(timer);
      this.#waiters = this.#waiters.filter((other) => other !== waiter);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#round.abort();
    this.#wake();
    for (const waiter of this.#waiters) waiter.reject(connectionFailure('CLOSED', this.#target));
    await this.#ended;
  }

  #failedForGood(): boolean {
    return this.connection.reason !== undefined && FINAL[this.connection.reason] !== undefined;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      this.#round = new AbortController();
      const round = this.#round.signal;
      let link: Link | undefined;
      try {
        link = await this.#open(round);
        await this.#hold(link, round);
      } catch (error) {
        if (round.aborted) continue;
        const failure = error instanceof FleetError ? error : new FleetError('FAILED', 'Connecting failed.');
        await this.#pause(failure, link !== undefined, round);
      }
    }
  }

  #open(signal: AbortSignal): Promise<Link> {
    const { listener, gate, networks, connectTimeoutMs: timeoutMs, heartbeatTimeoutMs } = this.options;
    const target = this.#target;
    const pin = async (key: HostKey) => {
      await listener.pin(target.id, [key], target);
      if (!signal.aborted) this.#target = { ...this.#target, hostKeys: [key] };
    };
    const proven = (keys: readonly HostKey[]) => {
      const shown = this.#shownKey;
      // All of them or nothing: a server that does not prove the key that it has just shown is a strange one.
      if (signal.aborted || !shown || !isPinned(keys, shown)) return;
      if (keys.length === this.#target.hostKeys.length && keys.every((key) => isPinned(this.#target.hostKeys, key)))
        return;
      this.#target = { ...this.#target, hostKeys: keys.filter((key) => !isRevokedFor(this.#target, key)) };
      void listener.proven(target.id, keys, target);
    };
    const sawHostKey = (key: HostKey) => {
      if (!signal.aborted) this.#shownKey = key;
    };
    const [slot, names] = [() => gate.total(), () => gate.names()];
    const events = {
      snapshot: (all: Parameters<FleetListener['snapshot']>[1]) => listener.snapshot(target.id, all),
      observed: (one: Parameters<FleetListener['observed']>[1]) => listener.observed(target.id, one),
    };
    const options = { timeoutMs, heartbeatTimeoutMs, signal, pin, proven, sawHostKey, slot, names, networks };
    return gate.perServer(`${target.host}:${target.port}`, () => openLink(target, options, events), signal);
  }

  /** Until the link ends; throws why it did. */
  async #hold(link: Link, round: AbortSignal): Promise<never> {
    const madeAt = performance.now();
    this.#link = link;
    const close = () => link.close();
    round.addEventListener('abort', close, { once: true });
    if (round.aborted) close();
    else this.#standing.connected(link.bootId, link.facts);
    for (const waiter of this.#waiters) waiter.resolve(link);
    const stopMeasuring = measure(link, (ms) => this.#standing.measured(ms));
    const error = await link.down;
    stopMeasuring();
    this.#link = undefined;
    if (performance.now() - madeAt > GOOD_LINK_MS) this.#backoff.reset();
    throw error;
  }

  /** After a failure: until the next attempt is due, or someone asks for it. */
  async #pause(error: FleetError, wasUp: boolean, round: AbortSignal): Promise<void> {
    const final = FINAL[error.reason];
    const waitMs = final ? undefined : this.#backoff.next();
    const next = waitMs === undefined ? undefined : new Date(Date.now() + waitMs);
    this.#standing.failed(final ?? 'UNREACHABLE', error, wasUp, next);
    // A server that is being stormed drops connections at random: whoever waits had better wait for the next try.
    if (error.reason !== 'RESET') for (const waiter of this.#waiters) waiter.reject(error);
    await new Promise<void>((resolve) => {
      const timer = waitMs === undefined ? undefined : setTimeout(resolve, waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (round.aborted) this.#wake();
    });
    this.#wake = () => {};
  }
}
