// Progress: an operation is told as it comes further, and the telling ends with it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { type FakeNode, fakeNode } from '../kit/node.ts';
import { createWorld } from '../kit/world.ts';

const WATCH =
  'subscription ($id: ID!) { operation(id: $id) { operation { state finishedAt steps(filter: { state: [SUCCEEDED] }) { totalCount } } } }';

let machine: FakeNode;
let gateway: TestGateway;

beforeAll(async () => {
  machine = await fakeNode();
  gateway = await startGateway();
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await machine.close();
});

describe('an operation', () => {
  it('is told from how it stands to its end, never backwards, and then no more', async () => {
    const world = await createWorld(gateway);
    const node = await world.node(machine);
    const service = await world.service(['sleep', '1000']);
    for (let count = 0; count < 5; count++) await world.process(service, node);
    const { id } = await world.change('startService', service, 'PT0S');
    const watch = gateway.subscribe(WATCH, { id });
    await watch.until(() => watch.isComplete || undefined, 'the end');
    const told = watch.values.map(({ operation }) => [operation.steps.totalCount, operation.state]);
    expect(told.at(-1)).toEqual([5, 'SUCCEEDED']);
    expect(told.length).toBeGreaterThan(1);
    const counts = told.map(([count]) => count);
    expect(counts).toEqual([...counts].sort());
  });

  it('that has ended is told once', async () => {
    const world = await createWorld(gateway);
    const { id } = await world.change('startService', await world.service(['true']));
    const watch = gateway.subscribe(WATCH, { id });
    await watch.until(() => watch.isComplete || undefined, 'the end');
    expect(watch.values).toHaveLength(1);
  });

  it('that does not exist is refused', async () => {
    const watch = gateway.subscribe(WATCH, { id: 'none' });
    await watch.until(() => watch.errors[0]);
    expect(watch.errors[0]?.extensions.code).toBe('NOT_FOUND');
  });
});
