// What a store holds, to compare it with another's.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { TestGateway } from '../../kit/gateway.ts';

// What was seen of the network is nobody's request.
const OBSERVED = 'node_link';
// When and by whom it was done, in whose order: compared elsewhere.
const LOG = /^event/;
const SECRET_OR_TIME = /_at$|_sealed$|^client_id$|^password_hash$/;

/** Every row of the store, without what differs between any two gateways. */
export function dump(gateway: TestGateway): unknown {
  const database = new Database(join(gateway.folder, 'gantry.db'), { readonly: true });
  try {
    const tables = database
      .prepare(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite%' and name not like '%migration%' order by name",
      )
      .pluck()
      .all() as string[];
    return Object.fromEntries(
      tables
        .filter((table) => table !== OBSERVED && !LOG.test(table))
        .map((table) => [
          table,
          (database.prepare(`select * from "${table}" order by rowid`).all() as Record<string, unknown>[]).map((row) =>
            Object.fromEntries(
              Object.entries(row).map(([column, value]) => [
                column,
                SECRET_OR_TIME.test(column) || (table === 'process' && column === 'id') ? typeof value : value,
              ]),
            ),
          ),
        ]),
    );
  } finally {
    database.close();
  }
}
