// A log as text: one line of JSON for what it begins from and ends at, then one for each entry, as it is stored.
import type { LogEntry, LogPlace } from './chain.ts';

const FORMAT = 'gantry-events/1';

/** Where a log begins and ends. */
export interface LogBounds {
  /** What the first entry is chained to. */
  readonly anchor: LogPlace;
  readonly head: LogPlace;
}

export const boundsLine = ({ anchor, head }: LogBounds): string =>
  JSON.stringify({
    format: FORMAT,
    anchor: { seq: anchor.seq, hash: anchor.hash },
    head: { seq: head.seq, hash: head.hash },
  });

export const entryLine = (entry: LogEntry): string =>
  JSON.stringify({
    seq: entry.seq,
    at: entry.at,
    type: entry.type,
    subjectType: entry.subjectType,
    subjectId: entry.subjectId,
    relatedType: entry.relatedType,
    relatedId: entry.relatedId,
    instanceId: entry.instanceId,
    tenants: opened(entry.tenants),
    actor: entry.actor,
    operationId: entry.operationId,
    before: opened(entry.before),
    after: opened(entry.after),
    hash: entry.hash,
  });

/** Undefined for a line that no export begins with. */
export function readBounds(line: string): LogBounds | undefined {
  const value = parsed(line);
  return value?.format === FORMAT && isPlace(value.anchor) && isPlace(value.head)
    ? (value as unknown as LogBounds)
    : undefined;
}

/** Undefined for a line that is not exactly as an export has it. What was added to one would not be in its hash. */
export function readEntry(line: string): LogEntry | undefined {
  const value = parsed(line);
  if (!value) return undefined;
  const { tenants, before, after } = value;
  const entry = { ...value, tenants: closed(tenants), before: closed(before), after: closed(after) };
  return entryLine(entry as unknown as LogEntry) === line ? (entry as unknown as LogEntry) : undefined;
}

// JSON within JSON is read by nobody: it goes in as what it says. A text that would not come back the same stays a text.
function opened(text: string | null): unknown {
  try {
    const value = JSON.parse(text ?? 'null');
    return typeof value === 'object' && JSON.stringify(value) === text ? value : text;
  } catch {
    return text;
  }
}

const closed = (value: unknown) => (typeof value === 'object' && value !== null ? JSON.stringify(value) : value);

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function isPlace(value: unknown): value is LogPlace {
  const { seq, hash } = (value ?? {}) as Partial<LogPlace>;
  return Number.isSafeInteger(seq) && typeof hash === 'string';
}
