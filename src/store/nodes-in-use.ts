// Which nodes have processes, asked of the database: to read all processes for it would take seconds where there are many.
import type { EntityManager as OrmEntityManager } from '@mikro-orm/sqlite';
import type { EntityManager } from './store.ts';

/** Their numbers. */
export async function nodesInUse(em: EntityManager): Promise<number[]> {
  const rows = await (em as OrmEntityManager).execute<{ node_id: number }[]>(
    'select distinct "node_id" from "process"',
  );
  return rows.map(({ node_id }) => node_id);
}
