// The book of links: writes down how the link to each node stands, in the order in which it was told.
import { AsyncResource } from 'node:async_hooks';
import type { Logger } from 'pino';
import type { Connection } from '../fleet/types.ts';
import { Node } from '../store/entities/node.ts';
import { NodeLink } from '../store/entities/node-link.ts';
import { keyOf } from '../store/ids.ts';
import { attribute } from '../store/log/cause.ts';
import type { EntityManager, Store } from '../store/store.ts';
import { Batch } from './batch.ts';
import { removeAll } from './records.ts';

interface Entry {
  readonly nodeId: string;
  /** Whether the log tells of it. */
  readonly isTold: boolean;
  /** What it makes of the link, if there is one. */
  readonly apply?: (link: NodeLink | undefined, create: () => NodeLink) => void;
  /** In place of that, a transaction of its own. */
  readonly alone?: () => Promise<void>;
  readonly failed?: (error: unknown) => void;
}

export class LinkBook {
  readonly #batch: Batch<Entry>;

  constructor(
    private readonly store: Store,
    log: Logger,
  ) {
    this.#batch = new Batch({
      log,
      what: 'how links stand',
      share: shareOne,
      write: (entries) => entries[0]?.alone?.() ?? store.write((em) => writeAll(em, entries)),
      giveUp: (entry, error) => entry.failed?.(error),
    });
  }

  /** How the link to a node stands now. */
  record(connection: Connection): void {
    this.#set(connection, true);
  }

  /** The same state after one more attempt: nothing that is told. */
  tried(connection: Connection): void {
    this.#set(connection, false);
  }

  #set(connection: Connection, isTold: boolean): void {
    const { nodeId } = connection;
    const apply: Entry['apply'] = (link, create) => void Object.assign(link ?? create(), columnsOf(connection));
    this.#batch.add({ nodeId, isTold, apply });
  }

  /** How far away a connected node is. */
  measured(nodeId: string, latencyMs: number): void {
    const apply = (link: NodeLink | undefined) => {
      if (link?.state === 'CONNECTED') link.latencyMs = latencyMs;
    };
    this.#batch.add({ nodeId, isTold: false, apply });
  }

  /** The gateway keeps no link to this node any longer. Resolves when that is written down, after all that was told of it before. */
  forget(nodeId: string): Promise<void> {
    return new Promise((done, failed) => {
      const remove = () => this.store.write((em) => removeAll(em, NodeLink, { node: keyOf('Node', nodeId) }));
      // Somebody asked for it, unlike for what becomes of links: told, and waited for, as theirs.
      const alone = AsyncResource.bind(() => remove().then(done));
      this.#batch.add({ nodeId, isTold: true, alone, failed });
    });
  }

  close(): Promise<void> {
    return this.#batch.close();
  }
}

/** The log tells of an entity once in a transaction: so that no state is left out, a node has one of its states in each. */
function shareOne(pending: readonly Entry[]): number {
  if (pending[0]?.alone) return 1;
  const told = new Set<string>();
  const end = pending.findIndex(({ nodeId, isTold, alone }) => {
    const isSecond = isTold && told.has(nodeId);
    if (isTold) told.add(nodeId);
    return alone !== undefined || isSecond;
  });
  return end < 0 ? pending.length : end;
}

async function writeAll(em: EntityManager, entries: readonly Entry[]): Promise<void> {
  const keys = [...new Set(entries.map(({ nodeId }) => keyOf('Node', nodeId)))];
  // Nodes may have been deleted meanwhile.
  const nodes = new Set((await em.find(Node, { id: { $in: keys } }, { fields: ['id'] })).map(({ id }) => id));
  const links = new Map((await em.find(NodeLink, { node: { $in: keys } })).map((link) => [link.node.id, link]));
  for (const { nodeId, apply } of entries) {
    const node = keyOf('Node', nodeId);
    if (!nodes.has(node)) continue;
    apply?.(links.get(node), () => {
      const link = em.create(NodeLink, { node } as never);
      links.set(node, link);
      return link;
    });
  }
  // What a machine does was asked for by nobody, whoever was the first to wait for this transaction.
  for (const link of links.values()) attribute(link, {});
}

const columnsOf = ({ state, since, reason, message, attempts, nextAttemptAt, lastFailure, facts }: Connection) => ({
  state,
  since: since.toISOString(),
  reason: reason ?? null,
  message: message ?? null,
  attempts,
  nextAttemptAt: nextAttemptAt?.toISOString() ?? null,
  lastErrorReason: lastFailure?.reason ?? null,
  lastError: lastFailure?.message ?? null,
  lastErrorAt: lastFailure?.at.toISOString() ?? null,
  // Measured anew on each link.
  latencyMs: null,
  // What it is stays known while the link is down.
  ...facts,
});
