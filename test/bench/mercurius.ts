// The peer: the same graph on Mercurius with its compiler on, its lists loaded a level at a time with prepared SQL.
import Fastify from 'fastify';
import mercurius, { type IResolvers, type MercuriusLoaders } from 'mercurius';
import { cursorOf, emailOfCursor } from './cases.ts';
import { announce } from './child.ts';
import { keyOf, openDatabase } from './database.ts';

const schema = `
  scalar Cursor
  enum ProcessStatus { STOPPED STARTING RUNNING BACKOFF STOPPING EXITED FATAL UNKNOWN }
  type Query {
    instance(id: ID!): Instance
    instances(first: Int = 50): InstanceConnection!
    users(first: Int = 50, after: Cursor): UserConnection!
  }
  type PageInfo { hasNextPage: Boolean! endCursor: Cursor }
  type InstanceConnection { nodes: [Instance!]! }
  type NodeConnection { nodes: [Node!]! }
  type ServiceConnection { nodes: [Service!]! }
  type ProcessConnection { nodes: [Process!]! }
  type TenantConnection { nodes: [Tenant!]! }
  type UserConnection { nodes: [User!]! pageInfo: PageInfo! }
  type Instance {
    id: ID! name: String! zk: String redis: String auth: String api: String version: Int!
    nodes(first: Int = 50): NodeConnection!
    services(first: Int = 50): ServiceConnection!
  }
  type Node { id: ID! name: String! ipAddress: String! status: Boolean! }
  type Service { id: ID! name: String! type: String! processes(first: Int = 50): ProcessConnection! }
  type Process { id: ID! status: ProcessStatus! }
  type Tenant { id: ID! name: String! }
  type User { email: ID! name: String! tenants(first: Int = 50): TenantConnection! }
`;

interface Row {
  readonly id: string;
  /** What the parent is known by. */
  readonly parent: string | number;
  status?: unknown;
}

const database = openDatabase(process.argv[2] as string);
const INSTANCE = `select 'IN' || id id, name, zk, redis, auth, api, version from instance`;
const instanceById = database.prepare(`${INSTANCE} where id = ?`);
const instances = database.prepare(`${INSTANCE} order by instance.id limit ?`);
const users = database.prepare<unknown[], { email: string }>(
  'select email, name from user where email > ? order by email limit ?',
);

const resolvers: IResolvers = {
  Query: {
    instance: (_source, { id }) => instanceById.get(keyOf(id)),
    instances: (_source, { first }) => ({ nodes: instances.all(first) }),
    users: (_source, { first, after }) => {
      const rows = users.all(after ? emailOfCursor(after) : '', first + 1);
      const nodes = rows.slice(0, first);
      const last = nodes.at(-1);
      return { nodes, pageInfo: { hasNextPage: rows.length > first, endCursor: last ? cursorOf(last.email) : null } };
    },
  },
};

interface Wanted<Parent> {
  readonly obj: Parent;
  readonly params: { readonly first: number };
}

/** Lists of children by one statement for all parents. `complete` makes a row what the schema says. */
function childrenOf<Parent>(sql: string, parentOf: (parent: Parent) => string | number, complete?: (row: Row) => void) {
  const statement = database.prepare<unknown[], Row>(sql);
  const loader = async (wanted: Wanted<Parent>[]) => {
    const lists = new Map<string | number, Row[]>(wanted.map(({ obj }) => [parentOf(obj), []]));
    for (const row of statement.all(JSON.stringify([...lists.keys()]))) {
      complete?.(row);
      lists.get(row.parent)?.push(row);
    }
    return wanted.map(({ obj, params }) => {
      const rows = lists.get(parentOf(obj)) as Row[];
      return { nodes: rows.length > params.first ? rows.slice(0, params.first) : rows };
    });
  };
  // Nothing is asked for twice in these documents, and the keys of the loaders' cache cost more than they save.
  return { loader, opts: { cache: false } };
}

const byId = ({ id }: Row) => keyOf(id);
const loaders: MercuriusLoaders = {
  Instance: {
    nodes: childrenOf(
      `select 'ND' || id id, name, ip_address ipAddress, status, instance_id parent from node
       where instance_id in (select value from json_each(?)) order by instance_id, node.id`,
      byId,
      (row) => {
        row.status = row.status === 1;
      },
    ),
    services: childrenOf(
      `select 'SV' || id id, name, type, instance_id parent from service
       where instance_id in (select value from json_each(?)) order by instance_id, service.id`,
      byId,
    ),
  },
  Service: {
    processes: childrenOf(
      `select id, status, service_id parent from process
       where service_id in (select value from json_each(?)) order by service_id, created_at, id`,
      byId,
    ),
  },
  User: {
    tenants: childrenOf<{ email: string }>(
      `select t.id, t.name, j.user_email parent from user_tenant j join tenant t on t.id = j.tenant_id
       where j.user_email in (select value from json_each(?)) order by j.tenant_id`,
      ({ email }) => email,
    ),
  },
};

const options = {
  schema,
  resolvers,
  loaders,
  jit: 1,
  // The rows are what the schema says: nothing has to be checked again on the way out. The package's types lack the option.
  compilerOptions: { disableLeafSerialization: true },
  graphiql: false,
};
const app = Fastify();
await app.register(mercurius, options);
await app.listen({ host: '127.0.0.1', port: 0 });
announce((app.server.address() as { port: number }).port);
