// The scene of most tests with processes: a machine, a gateway, a world in it, and the machine as a node of that world.
import { startGateway, type TestGateway } from './gateway.ts';
import { type FakeNode, fakeNode } from './node.ts';
import { createWorld, type World } from './world.ts';

export interface Scene {
  readonly machine: FakeNode;
  readonly gateway: TestGateway;
  readonly world: World;
  readonly node: string;
  /** Takes all of it away. */
  close(): Promise<void>;
}

export async function openScene(): Promise<Scene> {
  const machine = await fakeNode();
  const gateway = await startGateway();
  const world = await createWorld(gateway);
  const node = await world.node(machine);
  const close = async () => {
    await gateway[Symbol.asyncDispose]();
    await machine.close();
  };
  return { machine, gateway, world, node, close };
}
