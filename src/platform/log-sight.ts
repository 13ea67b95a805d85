// What somebody may see of the log.
import type { Store } from '../store/store.ts';
import { type Actor, viewerOf } from './actor.ts';
import type { Subject } from './told.ts';

export interface LogSight {
  /** Two with the same key see the same: what was made for one is good for the other. */
  readonly key: string;
  /** Only what concerns one of these tenants; undefined for everything. */
  readonly among: readonly string[] | undefined;
  /** Only what is about one of these. */
  readonly subjects: readonly Subject[] | undefined;
}

const EVERYTHING: LogSight = { key: '', among: undefined, subjects: undefined };

// What users who are not ADMIN see nothing of in the graph, the log does not tell them either.
const SEEN: readonly Subject[] = ['INSTANCE', 'TENANT', 'USER', 'SERVICE', 'PROCESS', 'OPERATION', 'OPERATION_STEP'];

/** As it is now: tenants move, and users leave them. */
export function logSightOf(store: Store, actor: Actor): LogSight {
  const viewer = viewerOf(actor);
  if (viewer === undefined) return EVERYTHING;
  const sql = 'select json_group_array(tenant_id) from user_tenant where user_email = ?';
  const among = JSON.parse(store.reader.get(sql, [viewer]) as string) as string[];
  return { key: `seen by ${viewer}`, among, subjects: SEEN };
}
