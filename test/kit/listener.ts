// Writes down what a fleet tells, for tests to look at.
import { pino } from 'pino';
import { Fleet, type FleetOptions } from '../../src/fleet/fleet.ts';
import type { Connection, FleetListener, HostKey, NodeTarget, Observation } from '../../src/fleet/types.ts';
import { until } from './until.ts';

export class Recorder implements FleetListener {
  readonly pins: { nodeId: string; keys: readonly HostKey[] }[] = [];
  readonly provens: { nodeId: string; keys: readonly HostKey[] }[] = [];
  readonly connections: Connection[] = [];
  readonly tries: Connection[] = [];
  readonly latencies: { nodeId: string; latencyMs: number }[] = [];
  readonly snapshots: { nodeId: string; all: readonly Observation[] }[] = [];
  readonly events: { nodeId: string; observation: Observation }[] = [];
  readonly #now = new Map<string, Observation>();

  async pin(nodeId: string, keys: readonly HostKey[]): Promise<void> {
    this.pins.push({ nodeId, keys });
  }

  async proven(nodeId: string, keys: readonly HostKey[]): Promise<void> {
    this.provens.push({ nodeId, keys });
  }

  tried(connection: Connection): void {
    this.tries.push(connection);
  }

  measured(nodeId: string, latencyMs: number): void {
    this.latencies.push({ nodeId, latencyMs });
  }

  connection(connection: Connection): void {
    this.connections.push(connection);
  }

  snapshot(nodeId: string, all: readonly Observation[]): void {
    this.snapshots.push({ nodeId, all });
    for (const one of all) this.#now.set(`${nodeId} ${one.processId}`, one);
  }

  observed(nodeId: string, observation: Observation): void {
    this.events.push({ nodeId, observation });
    this.#now.set(`${nodeId} ${observation.processId}`, observation);
  }

  /** The last that was heard of a process. */
  latest(nodeId: string, processId: string): Observation | undefined {
    return this.#now.get(`${nodeId} ${processId}`);
  }
}

export interface TestFleet extends AsyncDisposable {
  readonly fleet: Fleet;
  readonly heard: Recorder;
  /** All lines of the log so far. */
  readonly log: string[];
  /** Watches and waits until the link is in `state`. */
  reach(target: NodeTarget, state?: Connection['state'], withinMs?: number): Promise<Connection>;
}

export function testFleet(options: Partial<FleetOptions> = {}): TestFleet {
  const heard = new Recorder();
  const log: string[] = [];
  const logger = pino({ level: 'debug' }, { write: (line: string) => void log.push(line) });
  const fleet = new Fleet({ listener: heard, log: logger, backoff: { firstMs: 20, maxMs: 200 }, ...options });
  return {
    fleet,
    heard,
    log,
    async reach(target, state = 'CONNECTED', withinMs = 30_000) {
      fleet.watch(target);
      return until(
        `the link to ${target.id} is ${state}`,
        () => {
          const connection = fleet.connection(target.id);
          return connection?.state === state && connection;
        },
        withinMs,
      );
    },
    [Symbol.asyncDispose]: () => fleet.close(),
  };
}
