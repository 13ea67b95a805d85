// One watched node: keeps a link to it, remakes a lost one, and says how it stands.

import type { Networks } from '../networks.ts';
import { Backoff, type BackoffOptions } from './backoff.ts';
import { sameLogin } from './credentials.ts';
import { connectionFailure } from './failures.ts';
import type { HandshakeGate } from './gate.ts';
import { isPinned } from './hostkey.ts';
import { type Link, openLink } from './link.ts';
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
  ADDRESS_REFUSED: 'ADDRESS_REFUSED',
  UNSUPPORTED: 'UNSUPPORTED',
};

/** A link that held this long was a good one: the back-off begins anew. */
const GOOD_LINK_MS = 10_000;

export class Watch {
  connection: Connection;
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
  readonly #ended: Promise<void>;

  constructor(
    target: NodeTarget,
    private readonly options: WatchOptions,
  ) {
    this.#target = target;
    this.#backoff = new Backoff(options.backoff);
    this.connection = { nodeId: target.id, state: 'CONNECTING', since: new Date() };
    options.listener.connection(this.connection);
    this.#ended = this.#run();
  }

  get target(): NodeTarget {
    return this.#target;
  }

  /** Takes the target as it is now. A change that matters drops what is there and connects anew at once. */
  retarget(target: NodeTarget): void {
    const pins = target.hostKeys.length > 0 ? target.hostKeys : this.#target.hostKeys; // a pin is never forgotten in passing
    const samePins =
      pins.length === this.#target.hostKeys.length && pins.every((pin) => isPinned(this.#target.hostKeys, pin));
    const same = sameLogin(target, this.#target);
    // The key that is shown at present is among the pins: that is how a first contact ends.
    const stillPinned = this.#shownKey !== undefined && isPinned(pins, this.#shownKey);
    this.#target = { ...target, hostKeys: pins };
    if (same && (samePins || (stillPinned && !this.#failedForGood()))) return;
    this.#backoff.reset();
    this.#shownKey = undefined;
    this.#link = undefined;
    this.#say('CONNECTING');
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
      try {
        const link = await this.#open(round);
        await this.#hold(link, round);
      } catch (error) {
        if (round.aborted) continue;
        await this.#pause(error instanceof FleetError ? error : new FleetError('FAILED', 'Connecting failed.'), round);
      }
    }
  }

  #open(signal: AbortSignal): Promise<Link> {
    const { listener, gate, networks, connectTimeoutMs: timeoutMs, heartbeatTimeoutMs } = this.options;
    const target = this.#target;
    const pin = async (key: HostKey) => {
      await listener.pin(target.id, [key]);
      if (!signal.aborted) this.#target = { ...this.#target, hostKeys: [key] };
    };
    const sawHostKey = (key: HostKey) => {
      if (!signal.aborted) this.#shownKey = key;
    };
    const [slot, names] = [() => gate.total(), () => gate.names()];
    const events = {
      snapshot: (all: Parameters<FleetListener['snapshot']>[1]) => listener.snapshot(target.id, all),
      observed: (one: Parameters<FleetListener['observed']>[1]) => listener.observed(target.id, one),
    };
    const options = { timeoutMs, heartbeatTimeoutMs, signal, pin, sawHostKey, slot, names, networks };
    return gate.perServer(`${target.host}:${target.port}`, () => openLink(target, options, events), signal);
  }

  /** Until the link ends; throws why it did. */
  async #hold(link: Link, round: AbortSignal): Promise<never> {
    const madeAt = performance.now();
    this.#link = link;
    const close = () => link.close();
    round.addEventListener('abort', close, { once: true });
    if (round.aborted) close();
    else this.#say('CONNECTED', { bootId: link.bootId });
    for (const waiter of this.#waiters) waiter.resolve(link);
    const error = await link.down;
    this.#link = undefined;
    if (performance.now() - madeAt > GOOD_LINK_MS) this.#backoff.reset();
    throw error;
  }

  /** After a failure: until the next attempt is due, or someone asks for it. */
  async #pause(error: FleetError, round: AbortSignal): Promise<void> {
    const final = FINAL[error.reason];
    this.#say(final ?? 'UNREACHABLE', { reason: error.reason, message: error.message });
    // A server that is being stormed drops connections at random: whoever waits had better wait for the next try.
    if (error.reason !== 'RESET') for (const waiter of this.#waiters) waiter.reject(error);
    await new Promise<void>((resolve) => {
      const timer = final ? undefined : setTimeout(resolve, this.#backoff.next());
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (round.aborted) this.#wake();
    });
    this.#wake = () => {};
  }

  #say(state: ConnectionState, more: { reason?: FailureReason; message?: string; bootId?: string } = {}): void {
    const now = this.connection;
    if (now.state === state && now.reason === more.reason && now.message === more.message) return;
    const since = now.state === state ? now.since : new Date();
    this.connection = { nodeId: this.#target.id, state, since, ...more };
    this.options.listener.connection(this.connection);
  }
}
