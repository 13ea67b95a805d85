// Draining: a gateway that is told to end answers what is under way, tells everybody else, and leaves what runs on nodes alone.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { Data, TestGateway } from '../kit/gateway.ts';
import { type FakeNode, fakeNode } from '../kit/node.ts';
import { type Outside, outsideGateway } from '../kit/outside.ts';
import { payload } from '../kit/payload.ts';
import { until } from '../kit/until.ts';
import { createWorld } from '../kit/world.ts';

const SUBSCRIBERS = 5;
const MUTATIONS = 6;
const CREATE_USER =
  'mutation ($email: ID!) { createUser(input: { email: $email, name: "x", password: "p" }) { user { email } } }';
const LOOK = '{ processes { nodes { id status pid } } operations(filter: { kind: [STOP] }) { nodes { id state } } }';

let machine: FakeNode;
let folder: string;
const gateways: Outside[] = [];

beforeAll(async () => {
  machine = await fakeNode();
  folder = mkdtempSync(join(tmpdir(), 'gantry-drain-'));
});

afterAll(async () => {
  for (const gateway of gateways) await gateway.kill('SIGKILL');
  await machine.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<Outside> {
  const catalogue = join(folder, 'types.yaml');
  const held = payload(machine.home).command(
    `trap 'until [ -e release ]; do sleep 0.05; done; exit 0' TERM; while :; do sleep 0.05; done`,
  );
  const types = { held: { command: held, stop: { signal: 'TERM', graceSeconds: 300 } } };
  writeFileSync(
    catalogue,
    JSON.stringify({ types }).replaceAll('${', () => '$${'),
  );
  const gateway = await outsideGateway(folder, { GANTRY_SERVICE_TYPES: catalogue, GANTRY_SHUTDOWN_SECONDS: '20' });
  gateways.push(gateway);
  return gateway;
}

/** A client over a socket, and how its socket was closed. */
function connect({ url }: Outside): { client: Client; code: Promise<number> } {
  const closed = Promise.withResolvers<number>();
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazy: false,
    onNonLazyError: () => {},
    on: { closed: (event) => closed.resolve((event as { code: number }).code) },
  });
  return { client, code: closed.promise };
}

it('a gateway that is told to end while many ask answers them all, closes their sockets with 1001, and its operations go on at its next start', async () => {
  const first = await open();
  const world = await createWorld(first as never as TestGateway);
  const node = await world.node(machine);
  const input = { instance: world.instance, name: 'held', type: 'held' };
  const create = 'mutation ($input: CreateServiceInput!) { createService(input: $input) { service { id } } }';
  const service = (await first.run(create, { input })).createService.service.id;
  const held = await world.process(service, node);
  const steady = await world.process(await world.service(payload(machine.home).command()), node);
  for (const id of [held, steady]) expect((await world.change('startProcess', id, 'PT1M')).state).toBe('SUCCEEDED');
  const pid = (await world.look(steady)).pid;

  // Subscribers who have heard something, so that they are there.
  const subscribers = Array.from({ length: SUBSCRIBERS }, () => connect(first));
  const heard = subscribers.map(({ client }) =>
    client.iterate<Data>({ query: 'subscription { processStatus { status } }' }).next(),
  );
  for (const value of await Promise.all(heard)) expect(value.value?.data?.processStatus.status).toBe('RUNNING');

  // Somebody waits for a stop that will not end by itself.
  const waiting = world.change('stopProcess', held, 'PT5M');
  await until('the stop to be under way', async () => (await first.run(LOOK)).operations.nodes[0]?.state === 'RUNNING');

  // Hashing takes long enough for the signal to come in between: with the first answer all of the others have been read.
  const asked = Array.from({ length: MUTATIONS }, (_, n) => first.run(CREATE_USER, { email: `u${n}@example.com` }));
  const overSocket = subscribers[0]?.client
    .iterate<Data>({ query: CREATE_USER, variables: { email: 'socket@example.com' } })
    .next();
  await Promise.race(asked);
  first.child.kill('SIGTERM');
  const answers = await Promise.all(asked);
  expect(answers.map(({ createUser }) => createUser.user.email)).toEqual(asked.map((_, n) => `u${n}@example.com`));
  expect((await overSocket)?.value?.data?.createUser.user.email).toBe('socket@example.com');
  // It hears how far its operation has come, and not that it has ended.
  expect(await waiting).toMatchObject({ state: 'RUNNING', steps: { nodes: [{ state: 'RUNNING' }] } });
  expect(await Promise.all(subscribers.map(({ code }) => code))).toEqual(subscribers.map(() => 1001));
  await until('its end', () => first.child.exitCode !== null || first.child.signalCode !== null);
  expect(first.child.exitCode).toBe(0);
  await expect(fetch(`${first.url}/healthz`)).rejects.toThrow();
  expect(existsSync(`/proc/${pid}`)).toBe(true);

  writeFileSync(join(machine.home, 'release'), '');
  const second = await open();
  await until('the end of the stop', async () => (await second.run(LOOK)).operations.nodes[0]?.state === 'SUCCEEDED');
  const { nodes } = (await second.run(LOOK)).processes;
  expect(nodes.find(({ id }: { id: string }) => id === steady)).toMatchObject({ status: 'RUNNING', pid });
  expect(payload(machine.home).doubles()).toBe(0);
}, 180_000);
