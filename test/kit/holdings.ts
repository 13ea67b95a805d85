// What a platform holds, for comparing it with what another one holds.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { TestGateway } from './gateway.ts';

const TABLES = [
  'instance',
  'tenant',
  'user',
  'integration',
  'node',
  'service',
  'process',
  'operation',
  'operation_step',
];
const RELATIONS = ['user_tenant', 'integration_tenants'];
// What differs between any two gateways, and what was seen of machines, which is nobody's request.
const PASSING =
  /_at$|_sealed$|^client_id$|^password_hash$|^pid$|^signal$|^exit_code$|^status(_reason|_message|_actor)?$|^revision$|^restarts$|^attempts$/;
const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** The same text wherever random ids stand. */
export const withoutUuids = <T>(value: T): T => JSON.parse(JSON.stringify(value).replace(UUID, 'UUID'));

/** Every row that somebody asked for. */
export function holdings(gateway: TestGateway): Record<string, unknown[]> {
  const database = new Database(join(gateway.folder, 'gantry.db'), { readonly: true });
  try {
    const there = database.prepare("select name from sqlite_master where type = 'table'").pluck().all() as string[];
    const relations = there.filter((table) => RELATIONS.includes(table) || /_tenants?$/.test(table));
    return Object.fromEntries(
      [...TABLES, ...relations].map((table) => [
        table,
        withoutUuids(database.prepare(`select * from "${table}" order by rowid`).all() as object[]).map((row) =>
          Object.fromEntries(
            Object.entries(row).filter(([column]) => !(PASSING.test(column) && !isOwnStatus(table, column))),
          ),
        ),
      ]),
    );
  } finally {
    database.close();
  }
}

// Of a node, `status` is what an operator said.
const isOwnStatus = (table: string, column: string) => table === 'node' && column === 'status';
