// The bench of the dialects: a request of /1.0 beside the same operation through the layer below it, in process and over HTTP.
// node test/bench/rest.ts, after a build.

import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'graphql';
import { ofTheHouse } from '../../src/platform/actor.ts';
import { machine } from './report.ts';

const TIMES = 3000;
const WRITES = 300;
const ROUNDS = 5;
const TENANTS = 100;

// The built program, with the types of its source.
const built = async <Module>(path: string): Promise<Module> =>
  import(new URL(`../../dist/${path}.js`, import.meta.url).href);
const { readConfig } = await built<typeof import('../../src/config.ts')>('config');
const { openGateway } = await built<typeof import('../../src/gateway.ts')>('gateway');
const { buildSchema } = await built<typeof import('../../src/graph/schema.ts')>('graph/schema');
const { internalSchema } = await built<typeof import('../../src/graph/internal.ts')>('graph/internal');
const { Planner } = await built<typeof import('../../src/graph/planner.ts')>('graph/planner');
const { Executor } = await built<typeof import('../../src/graph/executor.ts')>('graph/executor');
const { Route } = await built<typeof import('../../src/rest/route.ts')>('rest/route');
const { platformDialect } = await built<typeof import('../../src/rest/platform/dialect.ts')>('rest/platform/dialect');
const { createTenant, updateTenant } = await built<typeof import('../../src/platform/tenants.ts')>('platform/tenants');
const { createInstance } = await built<typeof import('../../src/platform/instances.ts')>('platform/instances');

type Work = () => unknown;

const folder = mkdtempSync(join(tmpdir(), 'gantry-bench-'));
const gateway = await openGateway(
  readConfig({ GANTRY_DATA: folder, GANTRY_PORT: '0', GANTRY_LOG_LEVEL: 'silent', GANTRY_SHUTDOWN_SECONDS: '1' }),
);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
try {
  await bench();
} finally {
  agent.destroy();
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
}

async function bench(): Promise<void> {
  const { platform } = gateway;
  await createInstance(platform, {
    name: 'Bench',
    zk: 'zk:2181',
    redis: 'redis://localhost',
    stats: { type: 'graphite' },
  });
  for (let tenant = 0; tenant < TENANTS; tenant++)
    await createTenant(platform, { id: `t${tenant}`, name: 'Tenant', rateLimit: tenant });
  const schema = internalSchema(buildSchema());
  const planner = new Planner(schema, platform.store.reader, { whole: true });
  planner.attach();
  const executor = new Executor(schema, planner, (formatted) => formatted);
  const actor = ofTheHouse('bench');
  const context = { platform, actor, address: '127.0.0.1' };
  const dialect = platformDialect(undefined);
  const route = (method: string, path: string) => {
    const row = dialect.rows.find((each) => each.method === method && each.paths.includes(path));
    if (!row) throw new Error(`no ${method} ${path}`);
    return { document: row.document, route: new Route(executor, dialect, row, path) };
  };
  const query = new URLSearchParams();

  const one = route('GET', '/instances/{id}');
  await compare('one instance by id', TIMES, {
    'the read itself': () => planner.answer(one.document, null, { id: 'IN1' }, actor),
    'the route of /1.0': () => one.route.run({ path: { id: 'IN1' }, query, body: undefined }, context),
    'HTTP: the same from /graphql': () =>
      http('POST', '/graphql', { query: '{ instance(id: "IN1") { id name auth api events zk redis stats } }' }),
    'HTTP: GET /1.0/instances/IN1': () => http('GET', '/1.0/instances/IN1'),
  });

  const list = route('GET', '/tenants');
  await compare(`a list of ${TENANTS} tenants`, TIMES, {
    'the read itself': () => planner.answer(list.document, null, {}, actor),
    'the route of /1.0': () => list.route.run({ path: {}, query, body: undefined }, context),
    'HTTP: the same from /graphql': () =>
      http('POST', '/graphql', {
        query:
          '{ tenants(first: 100, orderBy: { field: CREATED_AT }) { nodes { id name rateLimit } pageInfo { hasNextPage endCursor } } }',
      }),
    'HTTP: GET /1.0/tenants': () => http('GET', '/1.0/tenants'),
  });

  let count = 0;
  const change = route('PUT', '/tenants/{id}');
  const document = parse(
    'mutation ($id: ID!, $name: String) { updateTenant(id: $id, input: { name: $name }) { tenant { id name rateLimit } } }',
  );
  await compare('a change of a tenant', WRITES, {
    'the platform layer': () => updateTenant(platform, 't1', { name: `n${count++}` }),
    'the mutation in process': () => executor.run(document, { id: 't1', name: `n${count++}` }, context),
    'the route of /1.0': () => change.route.run({ path: { id: 't1' }, query, body: { name: `n${count++}` } }, context),
    'HTTP: PUT /1.0/tenants/t1': () => http('PUT', '/1.0/tenants/t1', { name: `n${count++}` }),
  });
  console.log(machine());
}

/** Runs them in turns, so that none has the warmer machine, and prints the median of each in microseconds. */
async function compare(title: string, times: number, works: Readonly<Record<string, Work>>): Promise<void> {
  const taken = new Map(Object.keys(works).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, work] of Object.entries(works)) {
      for (let time = 0; time < times / ROUNDS; time++) {
        const start = performance.now();
        await work();
        // The first round warms up.
        if (round > 0) taken.get(name)?.push((performance.now() - start) * 1000);
      }
    }
  }
  console.log(`${title} (median of ${times}, microseconds)`);
  for (const [name, all] of taken) {
    const median = all.sort((a, b) => a - b)[Math.floor(all.length / 2)] as number;
    console.log(`  ${name.padEnd(32)}${median.toFixed(0).padStart(8)}`);
  }
}

function http(method: string, path: string, body?: object): Promise<void> {
  const { hostname, port } = new URL(gateway.url);
  return new Promise((resolve, reject) => {
    const headers = body ? { 'content-type': 'application/json' } : {};
    const sent = request({ hostname, port, method, path, agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${method} ${path} answered ${response.statusCode}`));
      response.on('end', resolve).resume();
    });
    sent.on('error', reject);
    sent.end(body && JSON.stringify(body));
  });
}
