// The undertaker: stops what was deleted while its node was away, as soon as the node can be reached.
import { FleetError } from '../fleet/types.ts';
import { atMost } from '../patience.ts';
import { now } from '../store/entities/columns.ts';
import { Tombstone } from '../store/entities/tombstone.ts';
import type { Linked } from './links.ts';
import type { Platform } from './platform.ts';
import { removeAll } from './records.ts';
import { settle, takeExpired, tombstonesAt } from './tombstones.ts';

const GRACE_MS = 10_000;
const REQUEST_MS = 15_000;
// After a failure on a node that can be reached, as of a process that survives KILL; twice as long each time.
const FIRST_PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 3_600_000;
const EXPIRY_LOOK_MS = 3_600_000;

export class Undertaker {
  /** Work at one node goes in order. */
  readonly #work = new Map<string, Promise<void>>();
  readonly #again = new Map<string, NodeJS.Timeout>();
  readonly #expiry = setInterval(() => this.expire(), EXPIRY_LOOK_MS);
  #closed = false;

  constructor(private readonly parts: Linked & Pick<Platform, 'log'>) {
    this.#expiry.unref();
  }

  /** Stops what should not run on this node any more, if it can be reached; called whenever it has been. */
  attend(nodeId: string): void {
    if (this.#closed || this.parts.fleet.connection(nodeId)?.state !== 'CONNECTED') return;
    this.#inTurn(nodeId, () => this.#attend(nodeId));
  }

  /** Gives up what could not be stopped for a month. */
  expire(): void {
    this.#inTurn('expiry', async () => {
      const over = await takeExpired(this.parts);
      for (const { id, nodeId, lastError } of over)
        this.parts.log.warn({ process: id, node: nodeId, lastError }, 'a deleted process was never stopped: given up');
      for (const nodeId of new Set(over.map((each) => each.nodeId))) await settle(this.parts, nodeId);
    });
  }

  /** What is under way is given so many milliseconds; it goes on at the next start. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    clearInterval(this.#expiry);
    for (const timer of this.#again.values()) clearTimeout(timer);
    await atMost(graceMs, Promise.all(this.#work.values()));
  }

  #inTurn(key: string, work: () => Promise<void>): void {
    const before = this.#work.get(key) ?? Promise.resolve();
    const turn = before
      .then(() => (this.#closed ? undefined : work()))
      .catch((error) => this.parts.log.error({ key, err: error }, 'the work on tombstones stopped short'))
      .finally(() => this.#work.get(key) === turn && this.#work.delete(key));
    this.#work.set(key, turn);
  }

  async #attend(nodeId: string): Promise<void> {
    const { store } = this.parts;
    const found = await store.write((em) => tombstonesAt(em, nodeId));
    if (found.length === 0) return;
    let attempts = 0;
    for (const tombstone of found)
      if (!(await this.#end(nodeId, tombstone))) attempts = Math.max(attempts, tombstone.attempts + 1);
    if (this.#closed) return;
    if (attempts > 0) this.#later(nodeId, attempts);
    for (const each of new Set(found.map((tombstone) => tombstone.nodeId))) await settle(this.parts, each);
  }

  /** Whether nothing of it is left. */
  async #end(nodeId: string, { id }: Tombstone): Promise<boolean> {
    const { store, fleet, log } = this.parts;
    if (this.#closed) return false;
    try {
      await fleet.stop(nodeId, id, { graceMs: GRACE_MS, timeoutMs: GRACE_MS + REQUEST_MS });
      await fleet.remove(nodeId, id, { timeoutMs: REQUEST_MS });
    } catch (error) {
      if (!(error instanceof FleetError)) throw error;
      if (!this.#closed) await store.write((em) => noteFailure(em, id, error));
      return false;
    }
    await store.write((em) => removeAll(em, Tombstone, { id }));
    log.info({ node: nodeId, process: id }, 'a process that was deleted while its node was away has been stopped');
    return true;
  }

  // Where the link is lost meanwhile, the next one comes before.
  #later(nodeId: string, attempts: number): void {
    clearTimeout(this.#again.get(nodeId));
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempts - 1, 20));
    const timer = setTimeout(() => {
      this.#again.delete(nodeId);
      this.attend(nodeId);
    }, pause);
    timer.unref();
    this.#again.set(nodeId, timer);
  }
}

type Writer = Parameters<Parameters<Platform['store']['write']>[0]>[0];

async function noteFailure(em: Writer, id: string, { reason, message }: FleetError): Promise<void> {
  // It may have been given up meanwhile.
  const tombstone = await em.findOne(Tombstone, { id });
  if (!tombstone) return;
  tombstone.attempts += 1;
  em.assign(tombstone, { lastErrorReason: reason, lastError: message, lastAttemptAt: now() });
}
