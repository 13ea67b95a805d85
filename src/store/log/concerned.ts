// Which tenants, users and integrations belong together, looked up within the transaction that writes.
import type Database from 'better-sqlite3';

const QUERIES = {
  tenantsOfInstance: 'select id from tenant where instance_id = ?',
  tenantsOfUser: 'select tenant_id from user_tenant where user_email = ?',
  tenantsOfIntegration: 'select tenant_id from integration_tenant where integration_id = ?',
  usersOfTenant: 'select user_email from user_tenant where tenant_id = ?',
  instanceOfNode: 'select instance_id from node where id = ?',
  instanceOfService: 'select instance_id from service where id = ?',
  instanceOfProcess: 'select instance_id from process where id = ?',
  integrationsOfTenant: 'select integration_id from integration_tenant where tenant_id = ?',
} as const;

type Query = keyof typeof QUERIES;

export class Concerned {
  readonly #statements: Record<Query, Database.Statement>;
  // A storm of changes is of few instances: each is looked up once, until somebody writes tenants.
  readonly #ofInstances = new Map<number, readonly string[]>();

  constructor(database: Database.Database) {
    const entries = Object.entries(QUERIES).map(([name, sql]) => [name, database.prepare(sql).pluck()]);
    this.#statements = Object.fromEntries(entries);
  }

  tenantsOfInstance(id: number): readonly string[] {
    const known = this.#ofInstances.get(id) ?? this.find('tenantsOfInstance', id);
    this.#ofInstances.set(id, known);
    return known;
  }

  find(query: Query, key: string | number): readonly string[] {
    return this.#statements[query].all(key) as string[];
  }

  instanceOf(thing: 'Node' | 'Service' | 'Process', key: string | number): number | undefined {
    return this.#statements[`instanceOf${thing}`].get(key) as number | undefined;
  }

  /** Somebody writes tenants, or what was read of them may have been undone. */
  forget(): void {
    this.#ofInstances.clear();
  }
}
