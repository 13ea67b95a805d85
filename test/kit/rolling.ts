// Rolling restarts for tests: a service of siblings on machines, asked for and looked at in a line.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Data, startGateway, type TestGateway } from './gateway.ts';
import { type FakeNode, fakeNode } from './node.ts';
import { type Siblings, siblings } from './siblings.ts';
import { until } from './until.ts';
import { createWorld, type World } from './world.ts';

export const STEP = 'batch processId state reason message attempts startedAt finishedAt';
export const OPERATION = `id kind state batchSize batchPercent pause maxDown patience onFailure startedAt finishedAt steps(first: 100) { nodes { ${STEP} } }`;
const PAYLOAD = `operation { ${OPERATION} } count batches { number steps { processId process { id } } }`;
const SERVICE = `mutation ($id: ID!, $input: RollingRestartInput, $wait: Duration) {
  rollingRestartService(id: $id, input: $input, wait: $wait) { ${PAYLOAD} }
}`;
const INSTANCE = `mutation ($id: ID!, $input: RollingRestartInput, $wait: Duration) {
  rollingRestartAllServices(instance: $id, input: $input, wait: $wait) { ${PAYLOAD} }
}`;

type Asked = Pick<TestGateway, 'run'>;

/** A catalogue with the type `sibling`, whose payloads note in `folder`. Answers with the settings that name it. */
export function siblingTypes(folder: string): { all: Siblings; settings: Record<string, string> } {
  const all = siblings(folder);
  const catalogue = join(folder, 'types.yaml');
  writeFileSync(catalogue, JSON.stringify({ types: { sibling: all.type } }));
  return { all, settings: { GANTRY_SERVICE_TYPES: catalogue } };
}

export interface Started {
  readonly gateway: Asked;
  readonly world: World;
  readonly nodes: readonly string[];
  readonly all: Siblings;
}

/** Processes of a service of siblings, made and started. The n-th is on the n-th of the nodes, and from the first again. */
export async function startSiblings({ gateway, world, nodes, all }: Started, count: number, input: object = {}) {
  const { createService } = await gateway.run(
    'mutation ($input: CreateServiceInput!) { createService(input: $input) { service { id } } }',
    { input: { instance: world.instance, name: 'siblings', type: 'sibling', ...input } },
  );
  const service: string = createService.service.id;
  const processes: string[] = [];
  for (let made = 0; made < count; made++) {
    const process = await world.process(service, nodes[made % nodes.length] as string);
    all.place(process);
    processes.push(process);
  }
  if (count > 0) expect((await world.change('startService', service, 'PT1M')).state).toBe('SUCCEEDED');
  return { service, processes };
}

/** Asks, and answers at once with what the request became. */
export const roll = async (gateway: Asked, service: string, input: object, wait = 'PT0S'): Promise<Data> =>
  (await gateway.run(SERVICE, { id: service, input, wait })).rollingRestartService;

export const rollAll = async (gateway: Asked, instance: string, input: object, wait = 'PT0S'): Promise<Data> =>
  (await gateway.run(INSTANCE, { id: instance, input, wait })).rollingRestartAllServices;

export const readOperation = async (gateway: Asked, id: string): Promise<Data> =>
  (await gateway.run(`query ($id: ID!) { operation(id: $id) { ${OPERATION} } }`, { id })).operation;

/** The operation once it has ended: a batch takes seconds, and a loaded machine its time. */
export const rolled = (gateway: Asked, id: string): Promise<Data> =>
  until(
    'the end of a rolling restart',
    async () => {
      const operation = await readOperation(gateway, id);
      return operation.finishedAt ? operation : undefined;
    },
    120_000,
  );

export const states = (operation: Data): string[] =>
  operation.steps.nodes.map(({ state, reason }: Data) => (reason ? `${state} ${reason}` : state));

export interface Field extends Started {
  readonly gateway: TestGateway;
  readonly machines: readonly FakeNode[];
  close(): Promise<void>;
}

/** Machines, a gateway with the catalogue of siblings, and a world with the machines as nodes. */
export async function openField(machineCount = 1): Promise<Field> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-siblings-'));
  const machines = await Promise.all(Array.from({ length: machineCount }, () => fakeNode()));
  const { all, settings } = siblingTypes(folder);
  const gateway = await startGateway(settings);
  const world = await createWorld(gateway);
  const nodes: string[] = [];
  for (const machine of machines) nodes.push(await world.node(machine));
  const close = async () => {
    await gateway[Symbol.asyncDispose]();
    for (const machine of machines) await machine.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { machines, gateway, world, nodes, all, close };
}
