// The bench of nodes: how fast news and requests are with many processes on one node, and what many nodes take, in one run.
// npm run bench:fleet -- [--nodes N] [--processes N] [--only a|b]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { bare } from './fleet/bare.ts';
import { BenchGateway, type StatusNews } from './fleet/gateway.ts';
import { type Machine, openMachine } from './fleet/machine.ts';
import { createNodes, createSleepers, untilConnected } from './fleet/world.ts';
import { quantile } from './load.ts';
import { machine as thisMachine } from './report.ts';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '200' },
    processes: { type: 'string', default: '100' },
    only: { type: 'string' },
  },
});
const NODES = bounded(values.nodes, 2, 1_000);
const PROCESSES = bounded(values.processes, 1, 500);
const TOGETHER = 10;
const READS = 100;
const SETTLE_MS = 3_000;
const IDLE_MS = 30_000;
const NEWS_MS = 20_000;

const row = (what: string, value: string) => console.log(`  ${what.padEnd(72)}${value}`);
const ms = (value: number) => (value < 100 ? `${value.toFixed(1)} ms` : `${(value / 1000).toFixed(2)} s`);
const spread = (times: readonly number[]) =>
  `p50 ${ms(quantile(times, 0.5))}, p95 ${ms(quantile(times, 0.95))}, max ${ms(quantile(times, 1))}`;

async function withMachine(apart: boolean, work: (machine: Machine, folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-bench-'));
  const machine = await openMachine(apart);
  try {
    await work(machine, folder);
  } finally {
    await machine.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function manyProcesses(machine: Machine, folder: string): Promise<void> {
  console.log(`\n${PROCESSES} processes on one node (${machine.kind})`);
  const gateway = await BenchGateway.start(folder);
  try {
    const nodes = await createNodes(gateway, machine, 1);
    const service = await createSleepers(gateway, nodes, PROCESSES);
    await untilConnected(gateway, 1);
    row('start of all', ms(await timed(() => change(gateway, 'startService', service))));
    const startBare = await bare(machine, 'setsid sleep 1 >/dev/null 2>&1 &', PROCESSES);
    row('  beside: an exec of ssh2 for each, connected for it, 6 at once', ms(startBare.all));
    await looks(gateway, machine);
    await kills(gateway, machine);
    row('stop of all', ms(await timed(() => change(gateway, 'stopService', service))));
  } finally {
    await gateway.close();
  }
}

async function looks(gateway: BenchGateway, machine: Machine): Promise<void> {
  const reads: number[] = [];
  for (let read = 0; read < READS; read++) reads.push(await timed(() => processes(gateway)));
  row('status of all, as the graph answers it', spread(reads));
  const look = await bare(machine, 'kill -0 $$', PROCESSES);
  row('  beside: an exec of ssh2 for each, connected for it, 6 at once', ms(look.all));
  row('  one of them', spread(look.each));
}

async function kills(gateway: BenchGateway, machine: Machine): Promise<void> {
  const waiting = new Map<string, (news: StatusNews) => void>();
  const end = await gateway.listen(PROCESSES, (news) => waiting.get(news.processId)?.(news));
  const told = async (id: string, kill: () => void) => {
    const { promise, resolve, reject } = Promise.withResolvers<StatusNews>();
    const late = setTimeout(() => reject(new Error(`nobody told of the end of ${id}`)), NEWS_MS);
    waiting.set(id, resolve);
    const began = performance.now();
    kill();
    const { heardAt } = await promise;
    clearTimeout(late);
    waiting.delete(id);
    return heardAt - began;
  };
  const all = await processes(gateway);
  const [alone, together]: [number[], number[]] = [[], []];
  for (const [index, { id, pid }] of all.entries()) {
    const withKeeper = index < Math.min(TOGETHER, all.length / 2);
    // At any moment of the keeper's second.
    if (withKeeper) await sleep(Math.random() * 1_000);
    const pids = withKeeper ? [keeperOf(machine, id), pid] : [pid];
    const time = await told(id, () => {
      for (const each of pids) process.kill(each, 'SIGKILL');
    });
    (withKeeper ? together : alone).push(time);
  }
  end();
  row('kill of a process to its subscriber', spread(alone));
  row('kill of a process and its keeper together to the subscriber', spread(together));
}

function keeperOf({ home }: Machine, id: string): number {
  return Number(readFileSync(join(home, '.gantry/processes', id, 'keep'), 'latin1').split(' ')[0]);
}

async function manyNodes(machine: Machine, folder: string): Promise<void> {
  console.log(`\n${NODES} nodes (connections to one server: ${machine.kind})`);
  await takenPerLink(machine, folder);
  // Anew, as after any end of it.
  const gateway = await BenchGateway.start(folder);
  try {
    const listensAt = performance.now();
    await untilConnected(gateway, NODES);
    row(
      'all connected after a start of the gateway, from its first instruction',
      ms(performance.now() - gateway.spawnedAt),
    );
    row('  from when it listens', ms(performance.now() - listensAt));
    row('  processor time of the gateway for that', ms(gateway.processorSeconds * 1000));
    const beside = await bare(machine, 'exit', NODES);
    row('  beside: a connection and an exec of ssh2 for each, 6 at once', ms(beside.all));
    await sleep(SETTLE_MS);
    const [seconds, began] = [gateway.processorSeconds, performance.now()];
    await sleep(IDLE_MS);
    const share = ((gateway.processorSeconds - seconds) / (performance.now() - began)) * 1000;
    row('processor of the gateway while nothing happens', `${(share * 100).toFixed(1)} % of a core`);
  } finally {
    await gateway.close();
  }
}

/** What three quarters of the links add to a gateway that has done all of it for the first quarter: only nodes with processes are watched. */
async function takenPerLink(machine: Machine, folder: string): Promise<void> {
  const gateway = await BenchGateway.start(folder);
  try {
    const nodes = await createNodes(gateway, machine, NODES);
    const first = Math.ceil(NODES / 4);
    const connect = async (some: readonly string[], count: number) => {
      await createSleepers(gateway, some, some.length);
      await untilConnected(gateway, count);
      await sleep(SETTLE_MS);
      return gateway.memory();
    };
    const before = await connect(nodes.slice(0, first), first);
    const after = await connect(nodes.slice(first), NODES);
    const perLink = (name: keyof typeof after) =>
      `${((after[name] - before[name]) / (NODES - first) / 1024).toFixed(0)} kB`;
    row('memory per link: resident', perLink('resident'));
    row('  of JavaScript, its buffers included', perLink('javascript'));
  } finally {
    await gateway.close();
  }
}

async function processes(gateway: BenchGateway): Promise<{ id: string; pid: number }[]> {
  const first = Math.min(PROCESSES, 100);
  return (await gateway.run('query ($first: Int!) { processes(first: $first) { nodes { id status pid } } }', { first }))
    .processes.nodes;
}

async function change(gateway: BenchGateway, mutation: string, id: string): Promise<void> {
  const document = `mutation ($id: ID!) { ${mutation}(id: $id, wait: "PT1M") { operation { state } } }`;
  const { state } = (await gateway.run(document, { id }))[mutation].operation;
  if (state !== 'SUCCEEDED') throw new Error(`${mutation} came to ${state}`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function bounded(text: string | undefined, least: number, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Error(`a whole number from ${least} to ${most} is wanted, not ${text}`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
console.log(`${thisMachine()}, ${new Date().toISOString()}`);
if (values.only !== 'b') await withMachine(false, manyProcesses);
if (values.only !== 'a') await withMachine(true, manyNodes);
