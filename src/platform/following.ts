// Following the log: everything after a place in it, in the order of the commits, once. The bus only wakes; what is told is in the table.
import { Repeater } from '@repeaterjs/repeater';
import type { LogEntry } from '../store/log/chain.ts';
import { expired } from '../store/log/cursor.ts';
import type { Actor } from './actor.ts';
import { type EventFilter, type LoggedEvent, toConditions, toEvent } from './events.ts';
import { hears } from './hearing.ts';
import { logSightOf } from './log-sight.ts';
import type { ProcessChange } from './news.ts';
import type { Platform } from './platform.ts';
import type { Subject } from './told.ts';
import { matches, type ProcessSelection } from './watching.ts';

// So many are read at once, and held while their reader has not read them: what comes after waits in the table.
const CHUNK = 256;

type Following = Pick<Platform, 'store' | 'bus'>;

/**
 * What `pick` makes of each entry after the cursor, or from now on; undefined is left out. The next is looked for when the last was taken: a
 * reader that does not read costs what is held of one chunk. The iterator throws BAD_USER_INPUT and CURSOR_EXPIRED.
 */
function follow<T>(
  { store, bus }: Following,
  after: string | null | undefined,
  pick: (entries: readonly LogEntry[]) => T[],
): AsyncIterable<T> {
  return new Repeater(async (push, stop) => {
    let isOver = false;
    let hasNews = true;
    let wake = () => {};
    const end = bus.listen('appended', () => {
      hasNews = true;
      wake();
    });
    void stop.then(() => {
      isOver = true;
      end();
      wake();
    });
    let at = after == null ? store.log.head().seq : store.log.place(after);
    while (!isOver) {
      hasNews = false;
      const entries = store.log.after(at, CHUNK);
      // The log has no gaps: what is missing was pruned while its reader did not read.
      if (entries[0] && entries[0].seq !== at + 1) throw expired('after');
      for (const told of pick(entries)) if (!isOver) await push(told);
      at = entries.at(-1)?.seq ?? at;
      // Others have their turn between two chunks of a long past.
      if (entries.length > 0) await new Promise(setImmediate);
      else if (!hasNews && !isOver) await new Promise<void>((resolve) => (wake = resolve));
    }
  });
}

/** Events from the cursor on; from now on without one. */
export function followEvents(
  platform: Following,
  actor: Actor,
  filter: EventFilter | null | undefined,
  after: string | null | undefined,
): AsyncIterable<LoggedEvent> {
  const wants = matcher(filter);
  return follow(platform, after, (entries) => {
    // Asked anew each time: tenants move, and users leave them.
    const sight = logSightOf(platform.store, actor);
    const seen = ({ subjectType, tenants }: LogEntry) =>
      (sight.subjects === undefined || sight.subjects.includes(subjectType as Subject)) &&
      (sight.among === undefined || (JSON.parse(tenants) as string[]).some((each) => sight.among?.includes(each)));
    return entries.filter((entry) => wants(entry) && seen(entry)).map(toEvent);
  });
}

/** The same question as the one to the table, of one entry. */
function matcher(filter: EventFilter | null | undefined): (entry: LogEntry) => boolean {
  const { types, actors, subjectType, subjectId, instance, tenant, operation, from, to } = toConditions(filter);
  return (entry) =>
    (types === undefined || types.includes(entry.type)) &&
    (actors === undefined || (entry.actor !== null && actors.includes(entry.actor))) &&
    (subjectType === undefined || [entry.subjectType, entry.relatedType].includes(subjectType)) &&
    (subjectId === undefined || [entry.subjectId, entry.relatedId].includes(subjectId)) &&
    (instance === undefined || entry.instanceId === instance) &&
    (tenant === undefined || (JSON.parse(entry.tenants) as string[]).includes(tenant)) &&
    (operation === undefined || entry.operationId === operation) &&
    (from === undefined || entry.at >= from) &&
    (to === undefined || entry.at < to);
}

export type ToldChange = ProcessChange & { readonly cursor: string };

/** Every change of the status of these processes after the cursor, and their ends. */
export function followProcesses(
  platform: Following,
  actor: Actor,
  selection: ProcessSelection,
  after: string,
): AsyncIterable<ToldChange> {
  const isTold = hears(platform, actor);
  return follow(platform, after, (entries) =>
    entries
      .filter(({ type, subjectType }) => type === 'PROCESS_STATUS' || (type === 'DELETED' && subjectType === 'PROCESS'))
      .map(toChange)
      .filter((change) => matches(change, selection) && isTold(change.instanceId)),
  );
}

/** An event of a process stands for itself: its status is told whole. */
function toChange(entry: LogEntry): ToldChange {
  const { before, after, cursor } = toEvent(entry);
  const now = (after ?? before ?? {}) as Record<string, never>;
  const isOtherStatus = before !== null && 'changedAt' in before;
  const change = {
    cursor,
    processId: entry.subjectId,
    instanceId: entry.instanceId ?? '',
    serviceId: now.service as never,
    nodeId: now.node as never,
    desired: now.desired as never,
    status: now.status as never,
    previous: (before?.status ?? now.status) as never,
    reason: now.statusReason as never,
    message: now.statusMessage ?? null,
    actor: now.statusActor ?? null,
    pid: now.pid ?? null,
    exitCode: now.exitCode ?? null,
    signal: now.signal ?? null,
    restarts: now.restarts as never,
    nextAttemptAt: now.nextAttemptAt ?? null,
    health: now.health as never,
    healthMessage: now.healthMessage ?? null,
    healthSince: now.healthSince ?? null,
    at: (isOtherStatus ? now.changedAt : now.healthSince) ?? entry.at,
    revision: now.revision as never,
  };
  if (after !== null) return change;
  const message = 'The process was deleted.';
  const revision = (change.revision as number) + 1;
  return { ...change, status: 'UNKNOWN', reason: 'DELETED', message, actor: entry.actor, at: entry.at, revision };
}

/** How the link to a node stands since a change of it. */
export interface ToldLink {
  readonly cursor: string;
  readonly node: string;
  readonly state: string | null;
  readonly previous: string | null;
  readonly reason: string | null;
  readonly message: string | null;
  readonly at: string;
}

/** Every change of the links to the nodes of an instance, to one node, or to all, after the cursor; from now on without one. */
export function followLinks(
  platform: Following,
  { instance, node }: { readonly instance?: string | null; readonly node?: string | null },
  after: string | null | undefined,
): AsyncIterable<ToldLink> {
  return follow(platform, after, (entries) =>
    entries
      .filter(({ type }) => type === 'NODE_CONNECTION')
      .filter(
        ({ subjectId, instanceId }) => (node ?? subjectId) === subjectId && (instance ?? instanceId) === instanceId,
      )
      .map((entry) => {
        const { cursor, before, after: now } = toEvent(entry);
        const text = (value: unknown) => (typeof value === 'string' ? value : null);
        return {
          cursor,
          node: entry.subjectId,
          state: text(now?.state),
          // Of a link that only gives another reason, the state is what it was.
          previous: text(before?.state) ?? (before === null ? null : text(now?.state)),
          reason: text(now?.reason),
          message: text(now?.message),
          at: text(now?.since) ?? entry.at,
        };
      }),
  );
}
