// Replays the log and compares what comes out with the tables: at every moment the one is the other.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Rule, TOLD } from '../../src/platform/told.ts';
import { isCounted, publicId } from '../../src/store/ids.ts';
import type { LogEntry } from '../../src/store/log/chain.ts';
import type { ToldColumn } from '../../src/store/log/changes.ts';
import { ENTRY_COLUMNS, ENTRY_SOURCE } from '../../src/store/log/journal.ts';

type Row = Record<string, unknown>;
type Picture = Record<string, Row>;

const TABLES: Readonly<Record<string, string>> = {
  Instance: 'instance',
  Tenant: 'tenant',
  User: 'user',
  Integration: 'integration',
  Node: 'node',
  NodeLink: 'node_link',
  Service: 'service',
  Process: 'process',
  Operation: 'operation',
  Token: 'token',
};
const RELATIONS: readonly (readonly [sql: string, owner: string, other: string])[] = [
  ["select id as one, 'IN' || instance_id as two from tenant where instance_id is not null", 'TENANT', 'INSTANCE'],
  ['select user_email as one, tenant_id as two from user_tenant', 'USER', 'TENANT'],
  ['select integration_id as one, tenant_id as two from integration_tenant', 'INTEGRATION', 'TENANT'],
];

type Columns = ReadonlyMap<string, readonly ToldColumn[]>;

/** What the log comes to, and what the tables say, of one moment. */
export function compared(folder: string, columns: Columns): { replayed: Picture; stored: Picture } {
  const database = new Database(join(folder, 'gantry.db'), { readonly: true });
  try {
    return database.transaction(() => ({ replayed: replay(database), stored: look(database, columns) }))();
  } finally {
    database.close();
  }
}

const subjectName = (type: string, id: string, isLink = false) => `${isLink ? 'LINK' : type} ${id}`;

function replay(database: Database.Database): Picture {
  const picture: Picture = {};
  const entries = database.prepare(`select ${ENTRY_COLUMNS} from ${ENTRY_SOURCE} order by e.seq`).all() as LogEntry[];
  for (const entry of entries) {
    if (['OPERATION_STEP', 'GATEWAY'].includes(entry.subjectType)) continue;
    const related = `${entry.subjectType} ${entry.subjectId} of ${entry.relatedType} ${entry.relatedId}`;
    const name = subjectName(entry.subjectType, entry.subjectId, entry.type === 'NODE_CONNECTION');
    if (entry.type === 'RELATION_ADDED') picture[related] = {};
    else if (entry.type === 'RELATION_REMOVED') delete picture[related];
    else if (entry.after === null) delete picture[name];
    else picture[name] = { ...picture[name], ...withoutSecrets(JSON.parse(entry.after)) };
  }
  return picture;
}

const withoutSecrets = (row: Row) =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== '(changed)'));

function look(database: Database.Database, columns: Columns): Picture {
  const rows = Object.entries(TABLES).flatMap(([entity, table]) =>
    (database.prepare(`select * from "${table}"`).all() as Row[]).map((row) =>
      toTold(entity, columns.get(entity) ?? [], row),
    ),
  );
  const relations = RELATIONS.flatMap(([sql, owner, other]) =>
    (database.prepare(sql).all() as Row[]).map(({ one, two }) => [`${owner} ${one} of ${other} ${two}`, {}] as const),
  );
  return Object.fromEntries([...rows, ...relations]);
}

function toTold(entity: string, columns: readonly ToldColumn[], row: Row): readonly [string, Row] {
  const id = entity === 'User' ? row.email : entity === 'NodeLink' ? publicId('Node', row.node_id as number) : row.id;
  const shown = isCounted(entity) ? publicId(entity, id as number) : String(id);
  const rule = TOLD[entity] as Rule;
  const names = Object.keys(rule.columns).filter((name) => ['told', 'status'].includes(rule.columns[name] as string));
  const told = names.map(
    (name) =>
      [
        name,
        value(
          name,
          columns.find((each) => each.name === name),
          row,
        ),
      ] as const,
  );
  return [subjectName(rule.subject, shown, entity === 'NodeLink'), Object.fromEntries(told)];
}

function value(name: string, about: ToldColumn | undefined, row: Row): unknown {
  const column = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  if (about?.refersTo && isCounted(about.refersTo)) return publicId(about.refersTo, row[`${column}_id`] as number);
  if (about?.refersTo) return row[`${column}_email`] ?? row[`${column}_id`];
  const stored = row[column];
  if (about?.isJson && stored !== null) return JSON.parse(stored as string);
  if (name.startsWith('is') || (name === 'status' && typeof stored === 'number')) return stored === 1;
  return stored ?? null;
}
