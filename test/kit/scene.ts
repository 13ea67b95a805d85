// The scene of most tests with processes: a machine, a gateway, a world in it, and the machine as a node of that world.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** With a catalogue of service types, if its YAML is given. */
export async function openScene(catalogue?: string): Promise<Scene> {
  const machine = await fakeNode();
  const types = join(machine.home, 'types.yaml');
  if (catalogue !== undefined) writeFileSync(types, catalogue);
  const gateway = await startGateway(catalogue === undefined ? {} : { GANTRY_SERVICE_TYPES: types });
  const world = await createWorld(gateway);
  const node = await world.node(machine);
  const close = async () => {
    await gateway[Symbol.asyncDispose]();
    await machine.close();
  };
  return { machine, gateway, world, node, close };
}
