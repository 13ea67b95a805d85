// One node of many that does not answer: nobody waits for it but its own processes, and of those nothing is said that is not known.
import { expect, it } from 'vitest';
import { startGateway } from '../kit/gateway.ts';
import { fakeNode } from '../kit/node.ts';
import { until } from '../kit/until.ts';
import { createWorld } from '../kit/world.ts';

const NODES = 6;
const PATIENCE_MS = 90_000;

it('a node that stops answering delays no other, is UNKNOWN by itself, and is brought to what is wanted when it answers again', {
  timeout: 300_000,
}, async () => {
  await using open = new AsyncDisposableStack();
  const machines = await Promise.all(Array.from({ length: NODES }, () => fakeNode()));
  for (const machine of machines) open.use(machine);
  const gateway = open.use(await startGateway());
  const world = await createWorld(gateway);
  const service = await world.service(['sleep', '1000']);
  const nodes: string[] = [];
  const ids: string[] = [];
  for (const machine of machines) {
    const node = await world.node(machine);
    nodes.push(node);
    ids.push(await world.process(service, node));
  }
  const isConnected = (node: string) => gateway.platform.fleet.connection(node)?.state === 'CONNECTED';
  await until('all links', () => nodes.every(isConnected), PATIENCE_MS);

  const [slow] = machines;
  const [stuck = '', ...others] = ids;
  slow?.server.stall();
  const { id } = await world.change('startAllServices', world.instance, 'PT0S');
  const statuses = async (some: readonly string[]) =>
    Promise.all(some.map(async (one) => (await world.look(one)).status));
  await until(
    'the others to run',
    async () => (await statuses(others)).every((each) => each === 'RUNNING'),
    PATIENCE_MS,
  );
  // The slow one is still silent: nobody has waited for it.
  expect((await world.look(stuck)).status).not.toBe('RUNNING');

  const steps = await until(
    'the end of the operation',
    async () => {
      const { operation } = await gateway.run(
        'query ($id: ID!) { operation(id: $id) { state finishedAt steps(first: 100) { nodes { processId state reason } } } }',
        { id },
      );
      return operation.finishedAt ? operation.steps.nodes : undefined;
    },
    PATIENCE_MS,
  );
  for (const { processId, state, reason } of steps) {
    if (processId !== stuck) expect(state).toBe('SUCCEEDED');
    else expect(['FAILED LOST', 'FAILED TIMEOUT']).toContain(`${state} ${reason}`);
  }
  await until('UNKNOWN', async () => (await world.look(stuck)).status === 'UNKNOWN', PATIENCE_MS);
  expect(await statuses(others)).toEqual(others.map(() => 'RUNNING'));

  slow?.server.resume();
  await until('RUNNING after all', async () => (await world.look(stuck)).status === 'RUNNING', PATIENCE_MS);
});
