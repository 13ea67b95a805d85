// Fills a store that the gateway has made with the rows that the bench reads.
import { randomUUID } from 'node:crypto';
import Database from 'better-sqlite3';
import { emailOf, SIZES } from './cases.ts';

const NOW = '2026-01-31T12:00:00.000Z';
const STATUSES = ['RUNNING', 'RUNNING', 'RUNNING', 'STOPPED', 'EXITED', 'FATAL'];
const TYPES = ['adapter', 'config-manager', 'event-bus', 'scheduler'];

const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

export function seed(file: string): void {
  const database = new Database(file);
  try {
    database.transaction(() => {
      for (const id of range(SIZES.instances)) addInstance(database, id);
      for (const id of range(SIZES.tenants)) addTenant(database, id);
      for (const id of range(SIZES.users)) addUser(database, id);
    })();
    database.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    database.close();
  }
}

function addInstance(database: Database.Database, id: number): void {
  insert(database, 'instance', {
    id,
    name: `platform-${id}`,
    description: `Platform number ${id} of the bench`,
    zk: `zk://zk-${id}.example.com:2181`,
    redis: `redis://redis-${id}.example.com:6379`,
    auth: `https://auth-${id}.example.com`,
    api: `https://api-${id}.example.com`,
    ...lifespan,
  });
  const nodes = range(SIZES.nodes).map((place) => (id - 1) * SIZES.nodes + place);
  for (const node of nodes) {
    insert(database, 'node', {
      id: node,
      name: `node-${node}`,
      status: node % 7 === 0 ? 0 : 1,
      ip_address: `10.0.${node >> 8}.${node & 255}`,
      username: 'deploy',
      credential_kind: 'PASSWORD',
      instance_id: id,
      ...lifespan,
    });
  }
  for (const place of range(SIZES.services)) addService(database, id, (id - 1) * SIZES.services + place, nodes);
}

function addService(database: Database.Database, instance: number, id: number, nodes: readonly number[]): void {
  insert(database, 'service', {
    id,
    name: `service-${id}`,
    type: TYPES[id % TYPES.length],
    log_level: 'info',
    options: '{"threads":4}',
    instance_id: instance,
    ...lifespan,
  });
  for (const place of range(SIZES.processes)) {
    insert(database, 'process', {
      id: randomUUID(),
      status: STATUSES[(id + place) % STATUSES.length],
      observed_at: NOW,
      changed_at: NOW,
      created_at: NOW,
      instance_id: instance,
      service_id: id,
      node_id: nodes[(id + place) % nodes.length],
    });
  }
}

function addTenant(database: Database.Database, id: number): void {
  insert(database, 'tenant', {
    id: `tenant-${id}`,
    name: `Tenant "${id}"`,
    rate_limit: id * 10,
    instance_id: (id % SIZES.instances) + 1,
    ...lifespan,
  });
}

function addUser(database: Database.Database, id: number): void {
  const email = emailOf(id);
  insert(database, 'user', {
    email,
    name: `Müller ${id}`,
    client_id: randomUUID(),
    password_hash: '-',
    role: 'VIEWER',
    ...lifespan,
  });
  // From none to four.
  for (const step of range(id % 5)) {
    insert(database, 'user_tenant', {
      user_email: email,
      tenant_id: `tenant-${((id * 7 + step) % SIZES.tenants) + 1}`,
    });
  }
}

const lifespan = { created_at: NOW, updated_at: NOW };

function insert(database: Database.Database, table: string, row: Readonly<Record<string, unknown>>): void {
  const names = Object.keys(row);
  const text = `insert into "${table}" (${names.join(',')}) values (${names.map((name) => `@${name}`).join(',')})`;
  database.prepare(text).run(row);
}
