// The bench of reads: Gantry beside hand-written SQL and Mercurius, in one run, on one store, with answers that are equal.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { bodiesOf, CASES, type Case, withTypename } from './cases.ts';
import { ask, CONNECTIONS, load, type Round } from './load.ts';
import { machine, table } from './report.ts';
import { seed } from './seed.ts';
import { type Server, startGateway, startPeer } from './servers.ts';

const ROUNDS = setting('BENCH_ROUNDS', 5);
const SECONDS = setting('BENCH_SECONDS', 2);
const WARM_UP_SECONDS = 1;
// The compiler of Mercurius begins with the second time that it sees a document.
const COMPARISONS = 3;
const FLOOR = 'hand-written SQL';
const PEER = 'Mercurius with JIT';

interface Contender {
  readonly name: string;
  readonly server: Server;
  /** The case as it is put to this contender. */
  readonly ask: (given: Case) => Case;
}

const folder = mkdtempSync(join(tmpdir(), 'gantry-bench-'));
const running: Server[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

try {
  await bench();
} finally {
  for (const server of running) await server.stop();
}

async function bench(): Promise<void> {
  const contenders = await startAll();
  for (const given of CASES) {
    for (let time = 0; time < COMPARISONS; time++) await compareAnswers(given, contenders);
  }
  console.log(`The answers are equal. ${ROUNDS} rounds of ${SECONDS} s for each server and read, in turns.\n`);
  const rounds = new Map<string, Round[]>();
  for (let round = 0; round <= ROUNDS; round++) {
    for (const given of CASES) {
      // Nobody is always the first.
      for (const contender of rotate(contenders, round)) {
        const outcome = await load(
          contender.server.url,
          bodiesOf(contender.ask(given)),
          round === 0 ? WARM_UP_SECONDS : SECONDS,
        );
        const key = `${given.name} ${contender.name}`;
        rounds.set(key, round === 0 ? [] : [...(rounds.get(key) as Round[]), outcome]);
      }
    }
  }
  for (const given of CASES) {
    const measured = contenders.map(async ({ name, server, ask: put }) => ({
      name,
      rounds: rounds.get(`${given.name} ${name}`) as Round[],
      bytes: (await ask(server.url, bodiesOf(put(given))[0] as string)).bytes,
      memory: server.memory(),
    }));
    console.log(table(given.name, await Promise.all(measured), FLOOR, PEER));
  }
  console.log(`Medians of rounds; latencies of all requests; ${CONNECTIONS} connections. ${machine()}.`);
  console.log('Again, and longer: BENCH_ROUNDS=9 BENCH_SECONDS=5 npm run bench');
}

/** The gateway makes the store; it is filled while the gateway runs, which therefore knows no node to connect to. */
async function startAll(): Promise<Contender[]> {
  const started = async (starting: Promise<Server>) => {
    const server = await starting;
    running.push(server);
    return server;
  };
  const file = join(folder, 'gantry.db');
  const gateway = await started(startGateway(folder));
  seed(file);
  const asIs = (given: Case) => given;
  return [
    { name: 'Gantry', server: gateway, ask: asIs },
    { name: 'Gantry, field by field', server: gateway, ask: withTypename },
    { name: FLOOR, server: await started(startPeer('hand-written', file)), ask: asIs },
    { name: PEER, server: await started(startPeer('mercurius', file)), ask: asIs },
  ];
}

/** Throws unless everybody answers every request of the case with the same data. */
async function compareAnswers(given: Case, contenders: readonly Contender[]): Promise<void> {
  for (const index of given.variables.keys()) {
    let expected: unknown;
    for (const { name, server, ask: put } of contenders) {
      const { json } = await ask(server.url, bodiesOf(put(given))[index] as string);
      const { data, errors } = json as { data?: Record<string, unknown>; errors?: unknown };
      if (!data || errors) throw new Error(`${name} fails on ${given.name}: ${JSON.stringify(json).slice(0, 500)}`);
      delete data.__typename;
      expected ??= data;
      if (!isDeepStrictEqual(data, expected))
        throw new Error(`${name} answers ${given.name} otherwise than the others`);
    }
  }
}

function rotate<Item>(items: readonly Item[], by: number): Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

function setting(name: string, otherwise: number): number {
  const given = process.env[name];
  const value = given === undefined ? otherwise : Number(given);
  if (!(Number.isInteger(value) && value > 0)) throw new Error(`${name} is a whole number from 1`);
  return value;
}
