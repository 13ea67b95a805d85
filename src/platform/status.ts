// The book of what was seen of processes: writes each observation down, in the order in which it came, and tells the bus.
import type { Logger } from 'pino';
import { now } from '../store/entities/columns.ts';
import { Process, type ProcessStatus, type StatusReason } from '../store/entities/process.ts';
import { keyOf, publicId } from '../store/ids.ts';
import { attribute, currentDeed } from '../store/log/cause.ts';
import type { EntityManager, Store } from '../store/store.ts';
import type { Actor } from './actor.ts';
import { Batch } from './batch.ts';
import { type HealthSeen, healthColumns, isChecked } from './health.ts';
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
  readonly nextAttemptAt?: string | undefined;
  /** Null where nobody looks at it; left out where nothing was said of it. */
  readonly health?: HealthSeen;
  /** Whether its node will look at it from its next start on. */
  readonly checked?: boolean | undefined;
  /** When this run of it began; null takes back a start that never reached the node. */
  readonly startedAt?: string | null | undefined;
  /** When it was seen. */
  readonly at?: string | undefined;
  /** Since when it is so, where that is known better than by when it was seen. */
  readonly since?: string | undefined;
  /** Asked with the row as it is when it would be written down: true leaves it as it is. */
  readonly unless?: ((process: Process) => boolean) | undefined;
}

interface Entry {
  /** Id of the operation that it was seen in. */
  readonly operation: string | undefined;
  readonly find: (em: EntityManager) => Promise<{ process: Process; seen: Seen }[]>;
  /** Told how many processes it was about, once that is written down. */
  readonly done: (count: number) => void;
}

export class StatusBook {
  readonly #batch: Batch<Entry>;

  constructor(
    private readonly store: Store,
    private readonly bus: NewsBus,
    log: Logger,
  ) {
    this.#batch = new Batch({
      log,
      what: 'what was seen of processes',
      write: (entries) => this.#writeTogether(entries),
      giveUp: (entry) => entry.done(0),
    });
  }

  /** Resolves when it is written down, or was found to be nothing new; with how many of the processes there still are. */
  record(...seen: readonly Seen[]): Promise<number> {
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
  recordNode(nodeId: string, seenOf: (process: Process) => Seen | undefined): Promise<number> {
    return this.#enqueue(async (em) => {
      const rows = await em.find(Process, { node: keyOf('Node', nodeId), startedAt: { $ne: null } });
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

  #enqueue(find: Entry['find']): Promise<number> {
    return new Promise((done) => {
      this.#batch.add({ find, done, operation: currentDeed()?.cause.operation });
    });
  }

  async #writeTogether(entries: readonly Entry[]): Promise<void> {
    const { counts, changes } = await this.store.write((em) => this.#write(em, entries));
    for (const change of changes) this.bus.publish('processChange', change);
    for (const [index, entry] of entries.entries()) entry.done(counts[index] ?? 0);
  }

  async #write(em: EntityManager, entries: readonly Entry[]): Promise<{ counts: number[]; changes: ProcessChange[] }> {
    const counts: number[] = [];
    const changes: ProcessChange[] = [];
    for (const entry of entries) {
      const found = await entry.find(em);
      counts.push(found.length);
      for (const { process, seen } of found) {
        if (seen.unless?.(process)) continue;
        const previous = process.status;
        const news = apply(process, seen);
        if (!news) continue;
        // Of its own: the transaction is that of all who wrote something down meanwhile.
        attribute(process, { operation: entry.operation });
        changes.push(toChange(process, previous, news));
      }
    }
    return { counts, changes };
  }

  close(): Promise<void> {
    return this.#batch.close();
  }
}

/** Since when it is so, if it was news. */
function apply(process: Process, seen: Seen): string | undefined {
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
    nextAttemptAt: seen.nextAttemptAt ?? null,
  };
  const health = healthColumns(process, { status: next.status, message: next.statusMessage, at, seen: seen.health });
  process.checked = seen.checked ?? isChecked(process, seen.health);
  process.observedAt = at;
  if (seen.startedAt !== undefined) process.startedAt = seen.startedAt;
  const isNew = <Columns extends Partial<Process>>(columns: Columns) =>
    Object.entries(columns).some(([name, value]) => (process[name as keyof Process] ?? null) !== value);
  const isOtherStatus = isNew(next);
  const isOtherHealth = isNew(health);
  if (!isOtherStatus && !isOtherHealth) return undefined;
  const since = isOtherStatus ? (seen.since ?? at) : process.changedAt;
  Object.assign(process, next, health, { changedAt: since, revision: process.revision + 1 });
  return isOtherStatus ? since : (health.healthSince ?? at);
}

function toChange(process: Process, previous: ProcessStatus, at = process.changedAt): ProcessChange {
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
    nextAttemptAt: process.nextAttemptAt ?? null,
    health: process.health,
    healthMessage: process.healthMessage ?? null,
    healthSince: process.healthSince ?? null,
    at,
    revision: process.revision,
  };
}

/** The change that a process stands at, for those who begin to watch it. */
export const standing = (process: Process): ProcessChange => ({ ...toChange(process, process.status), previous: null });
