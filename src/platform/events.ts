// Events: what happened, as the log has it; page by page, or one that comes.
import { z } from 'zod';
import { badInput } from '../errors.ts';
import type { EventType } from '../store/entities/event.ts';
import type { LogEntry } from '../store/log/chain.ts';
import { encodeCursor } from '../store/log/cursor.ts';
import type { LogFilter } from '../store/log/journal.ts';
import type { Store } from '../store/store.ts';
import type { Actor } from './actor.ts';
import { check } from './check.ts';
import { logSightOf } from './log-sight.ts';
import type { Platform } from './platform.ts';
import type { Subject } from './told.ts';

/** Which events; all that is given has to hold. */
export interface EventFilter {
  readonly types?: readonly EventType[] | null;
  /** By one of these. */
  readonly actor?: readonly string[] | null;
  readonly subject?: { readonly type?: Subject | null; readonly id?: string | null } | null;
  readonly instance?: string | null;
  readonly tenant?: string | null;
  readonly operation?: string | null;
  readonly from?: Date | null;
  readonly to?: Date | null;
}

/** An entry of the log as it is told. */
export interface LoggedEvent {
  readonly cursor: string;
  readonly at: string;
  readonly type: EventType;
  readonly subjectType: string;
  readonly subjectId: string;
  readonly relatedType: string | null;
  readonly relatedId: string | null;
  readonly instanceId: string | null;
  readonly tenantIds: readonly string[];
  readonly actor: string | null;
  readonly operationId: string | null;
  /** The same, for the graph to look it up by. */
  readonly operation: string | null;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  readonly digest: string;
}

export interface EventPageArgs {
  readonly filter?: EventFilter | null;
  readonly newestFirst: boolean;
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

export interface EventPage {
  readonly events: readonly LoggedEvent[];
  /** Whether there is more beyond the end that the page was not begun from. */
  readonly hasMore: boolean;
  /** Everything that is kept comes after it. */
  readonly oldestCursor: string;
  readonly latestCursor: string;
}

const DEFAULT_PAGE = 50;
const SIZE = z.int().min(0, 'must be from 0 to 100').max(100, 'must be from 0 to 100').nullish();

export const toEvent = (entry: LogEntry): LoggedEvent => ({
  ...entry,
  cursor: encodeCursor(entry),
  digest: entry.hash,
  operation: entry.operationId,
  tenantIds: JSON.parse(entry.tenants),
  before: entry.before === null ? null : JSON.parse(entry.before),
  after: entry.after === null ? null : JSON.parse(entry.after),
});

/** Throws BAD_USER_INPUT, CURSOR_EXPIRED. */
export function listEvents({ store }: Platform, actor: Actor, args: EventPageArgs): EventPage {
  const first = check(SIZE, args.first, 'first');
  const last = check(SIZE, args.last, 'last');
  if (first != null && last != null) throw badInput('Ask for `first` or for `last`, not for both.', 'last');
  const size = first ?? last ?? DEFAULT_PAGE;
  const { log } = store;
  return log.snapshot(() => {
    const head = log.head();
    const after = args.after == null ? undefined : log.place(args.after, 'after');
    const before = args.before == null ? undefined : log.place(args.before, 'before');
    // After and before are of the order that is asked for: where the newest are first, what comes after is older.
    const range = args.newestFirst ? { after: before, before: after } : { after, before };
    const fromTheEnd = last != null;
    const rows = log.page(toLogFilter(store, actor, args.filter), {
      ...range,
      newestFirst: args.newestFirst !== fromTheEnd,
      limit: size + 1,
    });
    const page = rows.slice(0, size);
    if (fromTheEnd) page.reverse();
    return {
      events: page.map(toEvent),
      hasMore: rows.length > size,
      oldestCursor: encodeCursor({ seq: head.anchorSeq, hash: head.anchorHash }),
      latestCursor: encodeCursor(head),
    };
  });
}

export const countEvents = ({ store }: Platform, actor: Actor, filter: EventFilter | null | undefined): number =>
  store.log.count(toLogFilter(store, actor, filter));

/** The cursor of the event with this number; of the last there is, for 0. */
export function cursorAt({ log }: Store, seq: number): string {
  const hash = seq === 0 ? undefined : log.hashAt(seq);
  return encodeCursor(hash === undefined ? log.head() : { seq, hash });
}

function toLogFilter(store: Store, actor: Actor, filter: EventFilter | null | undefined): LogFilter {
  const { among, subjects } = logSightOf(store, actor);
  return { ...toConditions(filter), among, subjects };
}

export const toConditions = (filter: EventFilter | null | undefined): LogFilter => ({
  types: filter?.types ?? undefined,
  actors: filter?.actor ?? undefined,
  subjectType: filter?.subject?.type ?? undefined,
  subjectId: filter?.subject?.id ?? undefined,
  instance: filter?.instance ?? undefined,
  tenant: filter?.tenant ?? undefined,
  operation: filter?.operation ?? undefined,
  from: filter?.from?.toISOString(),
  to: filter?.to?.toISOString(),
});
