// How the link to one node stands: its state, the failures on the way to it, and how far away the node is. Tells the listener.
import type { Connection, ConnectionState, FailureReason, FleetError, FleetListener, NodeFacts } from './types.ts';

/** The weight of a new measurement among all: about the last eight count. */
const WEIGHT = 0.2;

interface Facts {
  readonly reason?: FailureReason;
  readonly message?: string;
  readonly bootId?: string;
  readonly facts?: NodeFacts;
  readonly nextAttemptAt?: Date;
}

export class Standing {
  connection: Connection;
  #attempts = 0;
  #lastFailure: Connection['lastFailure'];
  #latencyMs: number | undefined;

  constructor(
    private readonly nodeId: string,
    private readonly listener: FleetListener,
  ) {
    this.connection = { nodeId, state: 'CONNECTING', since: new Date(), attempts: 0 };
    listener.connection(this.connection);
  }

  /** It is made anew, because somebody changed the node. */
  connecting(): void {
    this.#attempts = 0;
    this.#say('CONNECTING', {});
  }

  connected(bootId: string, facts: NodeFacts): void {
    this.#attempts = 0;
    this.#latencyMs = undefined;
    this.#say('CONNECTED', { bootId, facts });
  }

  /** An attempt has failed, or a link that was up was lost. Without a next attempt it is given up until somebody asks. */
  failed(state: ConnectionState, { reason, message }: FleetError, wasUp: boolean, nextAttemptAt?: Date): void {
    if (!wasUp) this.#attempts++;
    this.#lastFailure = { reason, message, at: new Date() };
    this.#say(state, { reason, message, ...(nextAttemptAt && { nextAttemptAt }) });
  }

  /** A round trip took so many milliseconds: tells the smoothed time. */
  measured(ms: number): void {
    this.#latencyMs = this.#latencyMs === undefined ? ms : this.#latencyMs + WEIGHT * (ms - this.#latencyMs);
    this.listener.measured(this.nodeId, this.#latencyMs);
  }

  #say(state: ConnectionState, facts: Facts): void {
    const before = this.connection;
    const isSame = before.state === state && before.reason === facts.reason && before.message === facts.message;
    this.connection = {
      nodeId: this.nodeId,
      state,
      since: before.state === state ? before.since : new Date(),
      ...facts,
      attempts: this.#attempts,
      ...(this.#lastFailure && { lastFailure: this.#lastFailure }),
    };
    if (isSame) this.listener.tried(this.connection);
    else this.listener.connection(this.connection);
  }
}
