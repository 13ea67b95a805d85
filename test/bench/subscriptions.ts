// The bench of subscriptions: the gateway, a bare broadcast of the same bytes, Mercurius and GraphQL Yoga, in turn, in one run.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ask, quantile } from './load.ts';
import { machine } from './report.ts';
import { type Server, startGateway, startPeer } from './servers.ts';

const READERS = Number(process.env.BENCH_READERS ?? 400);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const SINGLES = 10;
const BURSTS = 3;
/** Events of a burst: of one change, in one commit. */
const BURST = 101;
const NAMES = ['gantry', 'bare', 'mercurius', 'yoga'] as const;
const TENANTS = 100;
const EMAIL = 'u@example.com';

interface Told {
  readonly isReady?: boolean;
  readonly moments?: readonly number[];
  readonly sample?: string;
  readonly error?: string;
}
interface Outcome {
  /** Milliseconds from the request to each reader's having the event, to the answer, to the last reader of a burst, to its answer. */
  readonly singles: number[];
  readonly answers: number[];
  readonly bursts: number[];
  readonly burstAnswers: number[];
  memory: number;
}

const clock = () => performance.timeOrigin + performance.now();
const graphql = (url: string, query: string, variables: object = {}) =>
  ask(url, JSON.stringify({ query, variables })).then(({ json }) => {
    const { data, errors } = json as { data: Record<string, string>; errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  });
const names = (from: number) => Array.from({ length: TENANTS / 2 }, (_, number) => `t${from + number}`);

async function prepare(url: string): Promise<void> {
  for (let number = 0; number < TENANTS; number++)
    await graphql(url, `mutation { createTenant(input: { id: "t${number}", name: "T" }) { cursor } }`);
  await graphql(
    url,
    `mutation ($t: [ID!]) { createUser(input: { email: "${EMAIL}", name: "U", password: "a long enough password", tenants: $t }) { cursor } }`,
    { t: names(0) },
  );
}

let turn = 0;
let side = 0;
/** Has the gateway make one event, or a burst of them, by a mutation. */
const change = (url: string, count: number) =>
  count === 1
    ? graphql(url, `mutation { updateTenant(id: "t1", input: { name: "${turn++} x" }) { cursor } }`)
    : graphql(
        url,
        `mutation ($t: [ID!]) { updateUser(id: "${EMAIL}", input: { name: "${turn++}", tenants: $t }) { cursor } }`,
        {
          t: names((++side % 2) * (TENANTS / 2)),
        },
      );

async function follow(url: string, after: string | undefined, isGateway: boolean) {
  const words = [url.replace('http', 'ws'), String(READERS), after ?? '', isGateway ? 'Cursor' : 'String'];
  const child = fork(fileURLToPath(new URL('./subscriptions/readers.ts', import.meta.url)), words);
  const hear = () =>
    new Promise<Told>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${url}: not within 60 s`)), 60_000);
      child.once('message', (told: Told) => {
        clearTimeout(timer);
        told.error ? reject(new Error(told.error)) : resolve(told);
      });
    });
  await hear();
  return {
    /** What `act` brings to all of them, so many to each. */
    measure: async (count: number, act: () => Promise<unknown>) => {
      const ready = hear();
      child.send(count);
      await ready;
      const told = hear();
      const began = clock();
      const answered = act().then(() => clock() - began);
      const { moments = [], sample = '' } = await told;
      return { each: moments.map((moment) => moment - began), answer: await answered, sample };
    },
    stop: () => child.kill(),
  };
}

async function measure(
  server: Server,
  tell: (count: number) => Promise<unknown>,
  after: string | undefined,
  into: Outcome,
) {
  const readers = await follow(server.url, after, after !== undefined);
  try {
    // Time for the last to be subscribed, and for all to be warm.
    await sleep(2000);
    let { sample } = await readers.measure(1, () => tell(1));
    await readers.measure(BURST, () => tell(BURST));
    for (let single = 0; single < SINGLES; single++) {
      const { each, answer } = await readers.measure(1, () => tell(1));
      into.singles.push(...each);
      into.answers.push(answer);
    }
    for (let burst = 0; burst < BURSTS; burst++) {
      const told = await readers.measure(BURST, () => tell(BURST));
      into.bursts.push(Math.max(...told.each));
      into.burstAnswers.push(told.answer);
      sample = told.sample;
    }
    into.memory = Math.max(into.memory, server.memory() ?? 0);
    return sample;
  } finally {
    readers.stop();
  }
}

// Their ends are bound to its own.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const folder = mkdtempSync(join(tmpdir(), 'gantry-bench-'));
try {
  const outcomes = new Map<string, Outcome>(
    NAMES.map((name) => [name, { singles: [], answers: [], bursts: [], burstAnswers: [], memory: 0 }]),
  );
  let message = '';
  for (let round = 0; round < ROUNDS; round++) {
    // The gateway first: what the others tell is what it told.
    for (const name of round % 2 === 0 ? NAMES : (['gantry', 'yoga', 'mercurius', 'bare'] as const)) {
      const into = outcomes.get(name) as Outcome;
      const server = name === 'gantry' ? await startGateway(folder) : await startPeer(`subscriptions/${name}`, '');
      try {
        if (name === 'gantry') {
          if (round === 0) await prepare(server.url);
          const { asOf } = await graphql(server.url, '{ asOf }');
          message = await measure(server, (count) => change(server.url, count), asOf, into);
        } else {
          const publish = server.url.replace('/graphql', '/publish');
          await measure(server, (count) => ask(publish, JSON.stringify({ count, message })), undefined, into);
        }
      } finally {
        await server.stop();
      }
      console.error(`round ${round + 1} of ${ROUNDS}: ${name}`);
    }
  }
  const rate = (name: string) => (READERS * BURST * 1000) / quantile(outcomes.get(name)?.bursts ?? [], 0.5);
  const rows = NAMES.map((name) => {
    const { singles, answers, bursts, burstAnswers, memory } = outcomes.get(name) as Outcome;
    return {
      server: name,
      'all p50 ms': Math.round(quantile(singles, 0.5)),
      'all p99 ms': Math.round(quantile(singles, 0.99)),
      'answer ms': Math.round(quantile(answers, 0.5)),
      'burst ms': Math.round(quantile(bursts, 0.5)),
      'its answer ms': Math.round(quantile(burstAnswers, 0.5)),
      'deliveries/s': Math.round(rate(name)),
      'of bare': (rate(name) / rate('bare')).toFixed(2),
      'of the best peer': (rate(name) / Math.max(rate('mercurius'), rate('yoga'))).toFixed(2),
      'RSS MB': Math.round(memory),
    };
  });
  console.log(
    `${READERS} subscribers, bursts of ${BURST}, ${message.length} bytes each, ${ROUNDS} rounds; ${machine()}`,
  );
  console.table(rows);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
