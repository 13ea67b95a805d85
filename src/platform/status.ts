// The book of what was seen of processes: writes each observation down, in the order in which it came, and tells the bus.
import type { Logger } from 'pino';
import { now } from '../store/entities/columns.ts';
import { Process, type ProcessStatus, type StatusReason } from '../store/entities/process.ts';
import { publicId, storedId } from '../store/ids.ts';
import type { EntityManager, Store } from '../store/store.ts';
import type { Actor } from './actor.ts';
import type { NewsBus, ProcessChange } from './news.ts';

/** What is new about a process. What is left out is nothing: a status without an exit code has none. */
export interface Seen {
  readonly processId: string;
  readonly status: ProcessStatus;
  readonly reason: StatusReason;
  readonly message?: string | undefined;
  /** Whoever asked for it; 'DESIRED' stands for whoever asked for the desired state. */
  readonly actor?: string | 'DESIRED' | undefined;
  readonly pid?: number | undefined;
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly restarts?: number | undefined;
  readonly startedAt?: string | undefined;
  readonly at?: string | undefined;
  /** Asked with the row as it is when it would be written down: true leaves it as it is. */
  readonly unless?: ((process: Process) => boolean) | undefined;
}

interface Entry {
  readonly find: (em: EntityManager) => Promise<{ process: Process; seen: Seen }[]>;
  readonly done: () => void;
}

export class StatusBook {
  #pending: Entry[] = [];
  #writing: Promise<void> | undefined;

  constructor(
    private readonly store: Store,
    private readonly bus: NewsBus,
    private readonly log: Logger,
  ) {}

  /** Resolves when it is written down, or was found to be nothing new. */
  record(...seen: readonly Seen[]): Promise<void> {
    return this.#enqueue(async (em) => {
      const rows = await em.find(Process, { id: { $in: seen.map((each) => each.processId) } });
      const byId = new Map(rows.map((row) => [row.id, row]));
      return seen.flatMap((each) => {
        const process = byId.get(each.processId);
        return process ? [{ process, seen: each }] : [];
      });
    });
  }

  /** Writes down something about every process of a node that was ever started. */
  recordNode(nodeId: string, seenOf: (process: Process) => Seen | undefined): Promise<void> {
    return this.#enqueue(async (em) => {
      const rows = await em.find(Process, { node: storedId('Node', nodeId) ?? -1, startedAt: { $ne: null } });
      return rows.flatMap((process) => {
        const seen = seenOf(process);
        return seen ? [{ process, seen }] : [];
      });
    });
  }

  /** At the start of the gateway: nobody has looked yet, whatever the store remembers. */
  async forgetAll(): Promise<void> {
    await this.#enqueue(async (em) => {
      const rows = await em.find(Process, { startedAt: { $ne: null }, status: { $ne: 'UNKNOWN' } });
      return rows.map((process) => ({
        process,
        seen: {
          processId: process.id,
          status: 'UNKNOWN',
          reason: 'GATEWAY_RESTARTED',
          message: 'The gateway was started and has not yet reached the node.',
          pid: process.pid ?? undefined,
        },
      }));
    });
  }

  /** The last that is heard of processes that were deleted. */
  async deleted(actor: Actor, processes: readonly Process[]): Promise<void> {
    // After what is still to be written down of them.
    await this.#enqueue(async () => []);
    for (const process of processes) {
      this.bus.publish('processChange', {
        ...toChange(process, process.status),
        status: 'UNKNOWN',
        reason: 'DELETED',
        message: 'The process was deleted.',
        actor: actor.name,
        at: now(),
        revision: process.revision + 1,
      });
    }
  }

  #enqueue(find: Entry['find']): Promise<void> {
    return new Promise((done) => {
      this.#pending.push({ find, done });
      this.#writing ??= this.#drain();
    });
  }

  // All that is waiting goes into one transaction: a hundred crashes at once cost one commit.
  async #drain(): Promise<void> {
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const entries = this.#pending;
      this.#pending = [];
      try {
        const changes = await this.store.write((em) => this.#write(em, entries));
        for (const change of changes) this.bus.publish('processChange', change);
      } catch (error) {
        this.log.error({ err: error }, 'what was seen of processes could not be written down');
      }
      for (const entry of entries) entry.done();
    }
    this.#writing = undefined;
  }

  async #write(em: EntityManager, entries: readonly Entry[]): Promise<ProcessChange[]> {
    const changes: ProcessChange[] = [];
    for (const entry of entries) {
      for (const { process, seen } of await entry.find(em)) {
        if (seen.unless?.(process)) continue;
        const previous = process.status;
        if (apply(process, seen)) changes.push(toChange(process, previous));
      }
    }
    return changes;
  }

  async close(): Promise<void> {
    await this.#writing;
  }
}

/** Whether it was news. */
function apply(process: Process, seen: Seen): boolean {
  const at = seen.at ?? now();
  const next = {
    status: seen.status,
    statusReason: seen.reason,
    statusMessage: seen.message ?? null,
    statusActor: (seen.actor === 'DESIRED' ? process.desiredActor : seen.actor) ?? null,
    pid: seen.pid ?? null,
    exitCode: seen.exitCode ?? null,
    signal: seen.signal ?? null,
    restarts: seen.restarts ?? process.restarts,
  };
  process.observedAt = at;
  if (seen.startedAt !== undefined) process.startedAt = seen.startedAt;
  const keys = Object.keys(next) as (keyof typeof next)[];
  if (keys.every((key) => process[key] === next[key])) return false;
  Object.assign(process, next, { changedAt: at, revision: process.revision + 1 });
  return true;
}

function toChange(process: Process, previous: ProcessStatus): ProcessChange {
  return {
    processId: process.id,
    instanceId: publicId('Instance', process.instance.id),
    serviceId: publicId('Service', process.service.id),
    nodeId: publicId('Node', process.node.id),
    desired: process.desired,
    status: process.status,
    previous,
    reason: process.statusReason,
    message: process.statusMessage ?? null,
    actor: process.statusActor ?? null,
    pid: process.pid ?? null,
    exitCode: process.exitCode ?? null,
    signal: process.signal ?? null,
    restarts: process.restarts,
    at: process.changedAt,
    revision: process.revision,
  };
}

/** The change that a process stands at, for those who begin to watch it. */
export const standing = (process: Process): ProcessChange => ({ ...toChange(process, process.status), previous: null });
