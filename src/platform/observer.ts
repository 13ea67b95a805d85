// Hears what the fleet says of nodes and processes, and turns it into what the platform says of them.
import type { Logger } from 'pino';
import type { Connection, FleetListener, HostKey, Observation, Place } from '../fleet/types.ts';
import type { Process } from '../store/entities/process.ts';
import { publicId } from '../store/ids.ts';
import type { Store } from '../store/store.ts';
import { expectNewAccepted, type HostKeyPolicy } from './host-keys.ts';
import type { LinkBook } from './link-book.ts';
import { pinHostKeys, widenHostKeys } from './links.ts';
import type { NewsBus } from './news.ts';
import { notOnNode, toSeen } from './seen.ts';
import type { StatusBook } from './status.ts';

// How much nearer or farther a node has to be for that to be written down, and how often.
const NOTABLE_SHARE = 0.2;
const NOTABLE_MS = 0.5;
const LATENCY_PAUSE_MS = 30_000;

export class Observer implements FleetListener {
  /** What was last written down of each link, since it was made. */
  readonly #latencies = new Map<string, { ms: number; at: number }>();

  /** Called when a link is up; set where everything is assembled. */
  onConnected: (nodeId: string) => void = () => {};

  constructor(
    private readonly store: Store,
    private readonly status: StatusBook,
    private readonly links: LinkBook,
    private readonly bus: NewsBus,
    private readonly log: Logger,
    private readonly hostKeys: HostKeyPolicy,
  ) {}

  async pin(nodeId: string, keys: readonly HostKey[], at: Place): Promise<void> {
    expectNewAccepted(this.hostKeys, nodeId, keys);
    await pinHostKeys(this.store, nodeId, keys, at);
    this.log.info({ node: nodeId, hostKeys: keys }, 'first contact: these host keys are the node from now on');
  }

  async proven(nodeId: string, keys: readonly HostKey[], at: Place): Promise<void> {
    await widenHostKeys(this.store, nodeId, keys, at);
    this.log.info({ node: nodeId, hostKeys: keys }, 'the node has proven that these are its host keys');
  }

  tried(connection: Connection): void {
    this.links.tried(connection);
  }

  measured(nodeId: string, latencyMs: number): void {
    const written = this.#latencies.get(nodeId);
    const isNews = !written || Math.abs(latencyMs - written.ms) > Math.max(NOTABLE_MS, NOTABLE_SHARE * written.ms);
    // A row that is written at every look, for hundreds of nodes, would be work for nobody.
    if (!isNews || (written && performance.now() - written.at < LATENCY_PAUSE_MS)) return;
    this.#latencies.set(nodeId, { ms: latencyMs, at: performance.now() });
    this.links.measured(nodeId, Math.round(latencyMs * 100) / 100);
  }

  connection(connection: Connection): void {
    const { nodeId, state, message } = connection;
    this.#latencies.delete(nodeId);
    this.links.record(connection);
    if (state === 'CONNECTED') {
      this.onConnected(nodeId);
      return;
    }
    // Between two links nobody looks: what was last seen is not what is.
    void this.status.recordNode(nodeId, (process) =>
      isUnknown(process) && state === 'CONNECTING'
        ? undefined
        : {
            processId: process.id,
            status: 'UNKNOWN',
            reason: 'NODE_NOT_CONNECTED',
            message: message ?? 'The link to the node is being made.',
            pid: process.pid ?? undefined,
          },
    );
  }

  observed(nodeId: string, observation: Observation): void {
    // A node speaks of its own processes, and of no other's.
    const unless = (process: Process) => publicId('Node', process.node.id) !== nodeId;
    void this.status.record({ ...toSeen(observation), unless });
  }

  snapshot(nodeId: string, all: readonly Observation[]): void {
    const byId = new Map(all.map((observation) => [observation.processId, observation]));
    const written = this.status.recordNode(nodeId, (process) => {
      const observation = byId.get(process.id);
      if (observation?.isOld) return undefined;
      // A snapshot may be older than a request under way: what that request comes to is told apart.
      if (process.status === 'STARTING' && observation?.state !== 'RUNNING') return undefined;
      if (process.status === 'STOPPING' && observation?.state === 'RUNNING') return undefined;
      return observation ? toSeen(observation) : notOnNode(process.id);
    });
    void written.then(() => this.bus.publish('nodeSeen', nodeId));
  }
}

const isUnknown = (process: Process) => process.status === 'UNKNOWN';
