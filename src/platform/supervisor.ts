// The supervisor: brings what is seen on nodes to what is wanted there, by operations of its own, whenever the two differ.
import type { Logger } from 'pino';
import type { Fleet } from '../fleet/fleet.ts';
import { Operation } from '../store/entities/operation.ts';
import { Process } from '../store/entities/process.ts';
import { keyOf, publicId } from '../store/ids.ts';
import type { EntityManager, Store } from '../store/store.ts';
import { dueIn, MAY_DIFFER, type SupervisorMode } from './differences.ts';
import type { Execution } from './execution.ts';
import { storeOperation } from './lifecycle.ts';
import { Looks } from './looks.ts';
import type { NewsBus, ProcessChange } from './news.ts';
import { Pace } from './pace.ts';
import { notOnNode, toSeen } from './seen.ts';
import type { ServiceTypes } from './service-types.ts';
import type { StatusBook } from './status.ts';
import { type Finding, survey } from './survey.ts';

/** A process that is not as it should be. */
export interface Difference {
  readonly processId: string;
  readonly remedy: Finding['remedy'];
  /** How often the supervisor has tried of late. */
  readonly attempts: number;
  /** When it tries next, at the earliest; null if nothing will be tried. */
  readonly nextAttemptAt: string | null;
  /** Why nothing is tried, for people. */
  readonly obstacle: string | null;
}

const ACTOR = 'supervisor';
const REFRESH_TIMEOUT_MS = 5_000;
// A hundred changes at once are one look.
const GATHER_MS = 50;
const BUSY_MS = 1_000;
// Whatever was not heard of is found by then.
const ROUND_MS = 15_000;

const PASSING: ReadonlySet<string> = new Set(['STARTING', 'STOPPING', 'FATAL']);

interface Asked {
  readonly operation: string;
  readonly kind: 'START' | 'STOP';
  readonly ids: readonly string[];
}

interface Parts {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly bus: NewsBus;
  readonly status: StatusBook;
  readonly serviceTypes: ServiceTypes;
  readonly execution: Execution;
  readonly log: Logger;
}

export class Supervisor {
  readonly #pace = new Pace();
  readonly #looks = new Looks((node) =>
    this.#converge(node).catch((error) =>
      this.parts.log.error({ node, err: error }, 'the supervisor stopped short at this node; it tries again'),
    ),
  );
  readonly #told = new Map<string, string>();
  readonly #ends: (() => void)[] = [];

  constructor(
    private readonly parts: Parts,
    readonly mode: SupervisorMode,
  ) {}

  /** From now on. */
  open(): void {
    const { bus } = this.parts;
    // What is on its way is looked at in the rounds: a start of all would be a look for each.
    const mayDiffer = ({ desired, status }: ProcessChange) => status !== desired && !PASSING.has(status);
    this.#ends.push(
      bus.listen('processChange', (change) => mayDiffer(change) && this.#looks.within(GATHER_MS, change.nodeId)),
      bus.listen('nodeSeen', (nodeId) => this.#looks.within(GATHER_MS, nodeId)),
    );
    const round = setInterval(() => void this.#round(), ROUND_MS).unref();
    this.#ends.push(() => clearInterval(round));
  }

  async close(): Promise<void> {
    for (const end of this.#ends) end();
    await this.#looks.close();
  }

  /** Everything that is not as it should be now. */
  async differences(): Promise<readonly Difference[]> {
    const { store, serviceTypes } = this.parts;
    const found = await store.write((em) => survey(em, serviceTypes, {}));
    return found
      .filter(({ remedy, isBusy }) => remedy !== 'LOOK' && !isBusy)
      .map(({ process: { id, node }, remedy, obstacle }) => {
        const willTry = this.mode === 'on' && !obstacle && this.#isConnected(publicId('Node', node.id));
        return {
          processId: id,
          remedy,
          attempts: this.#pace.attempts(id),
          nextAttemptAt: willTry ? new Date(Date.now() + this.#pace.waitMs(id)).toISOString() : null,
          obstacle: obstacle ?? null,
        };
      });
  }

  #isConnected(node: string): boolean {
    return this.parts.fleet.connection(node)?.state === 'CONNECTED';
  }

  async #round(): Promise<void> {
    try {
      const rows = await this.parts.store.write((em) => em.find(Process, MAY_DIFFER as never, { fields: ['node'] }));
      for (const node of new Set(rows.map((row) => publicId('Node', row.node.id)))) this.#looks.within(0, node);
    } catch (error) {
      this.parts.log.error({ err: error }, 'the supervisor could not look for differences; it tries again');
    }
  }

  async #converge(node: string): Promise<void> {
    const { store } = this.parts;
    // Whoever cannot be looked at is looked at when the link comes back.
    if (!this.#isConnected(node)) return;
    const found = await store.write((em) => this.#survey(em, node));
    const due = found.filter((finding) => this.#waitMs(finding) <= 0);
    if (due.length > 0 && (await this.#lookAgain(node, due))) {
      if (this.mode === 'observe') await this.#tell(node);
      else await this.#putRight(node);
    }
    this.#lookLater(node, found, due);
  }

  #survey(em: EntityManager, node: string): Promise<readonly Finding[]> {
    return survey(em, this.parts.serviceTypes, { node: keyOf('Node', node) });
  }

  /** Milliseconds until something is to be done about it; for ever if nothing can be. */
  #waitMs(finding: Finding): number {
    if (finding.isBusy) return BUSY_MS;
    if (finding.obstacle) return Number.POSITIVE_INFINITY;
    const { process, remedy } = finding;
    return Math.max(dueIn(process, remedy), this.#pace.waitMs(remedy === 'LOOK' ? lookAt(process.id) : process.id));
  }

  #lookLater(node: string, found: readonly Finding[], due: readonly Finding[]): void {
    const waits = found.map((finding) => (due.includes(finding) ? BUSY_MS : this.#waitMs(finding)));
    const next = Math.min(...waits);
    // Beyond a round nobody needs to be woken.
    if (next < ROUND_MS) this.#looks.within(Math.max(next, GATHER_MS), node);
  }

  /** What was told may have been overtaken: nothing is done before the node was asked what is now. Whether it could be. */
  async #lookAgain(node: string, findings: readonly Finding[]): Promise<boolean> {
    const { fleet, status } = this.parts;
    for (const { process, remedy } of findings) if (remedy === 'LOOK') this.#pace.tried(lookAt(process.id));
    const all = await fleet.refresh(node, { timeoutMs: REFRESH_TIMEOUT_MS }).catch(() => undefined);
    if (!all) return false;
    const observations = new Map(all.map((observation) => [observation.processId, observation]));
    const seen = findings.flatMap(({ process }) => {
      const observation = observations.get(process.id);
      if (!observation && process.startedAt == null) return [];
      // What has changed since this look began is newer than the look.
      const unless = (row: Process) => row.revision !== process.revision;
      return [{ ...(observation ? toSeen(observation) : notOnNode(process.id)), unless }];
    });
    if (seen.length > 0) await status.record(...seen);
    return true;
  }

  async #putRight(node: string): Promise<void> {
    const { store, execution, log } = this.parts;
    const asked = await store.write((em) => this.#ask(em, node));
    if (!asked) return;
    const { operation, kind, ids } = asked;
    log.info({ node, operation, kind, processes: ids }, 'not as it should be: this is put right');
    for (const id of ids) this.#pace.tried(id);
    await execution.takeUp();
    void execution.ended(operation).then(() => this.#looks.within(GATHER_MS, node));
  }

  /** Stores an operation for what differs still, in the transaction that looks. Stops come first. One at a time per node. */
  async #ask(em: EntityManager, node: string): Promise<Asked | undefined> {
    const target = { type: 'NODE', id: node } as const;
    const open = { actor: ACTOR, targetType: target.type, targetId: node, state: { $in: ['QUEUED', 'RUNNING'] } };
    if ((await em.count(Operation, open as never)) > 0) return undefined;
    const due = (await this.#survey(em, node)).filter((finding) => this.#waitMs(finding) <= 0);
    for (const kind of ['STOP', 'START'] as const) {
      const ids = due.filter(({ remedy }) => remedy === kind).map(({ process }) => process.id);
      if (ids.length > 0) return { operation: storeOperation(em, ACTOR, kind, target, ids), kind, ids };
    }
    return undefined;
  }

  async #tell(node: string): Promise<void> {
    for (const { process, remedy, isBusy } of await this.parts.store.write((em) => this.#survey(em, node))) {
      if (remedy === 'LOOK' || isBusy || this.#told.get(process.id) === `${remedy} ${process.revision}`) continue;
      this.#told.set(process.id, `${remedy} ${process.revision}`);
      const { id, desired, status, statusReason } = process;
      this.parts.log.warn(
        { node, process: id, desired, status, statusReason, remedy },
        'not as it should be; nothing is done, for the supervisor only observes',
      );
    }
  }
}

const lookAt = (process: string) => `look at ${process}`;
