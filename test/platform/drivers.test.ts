// How processes are run on a node: what was chosen and why, what a node can be set to, and what it says when that cannot be.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { type FakeNode, fakeNode } from '../kit/node.ts';
import { until } from '../kit/until.ts';
import { createWorld, type World } from '../kit/world.ts';

let gateway: TestGateway;
let world: World;
let machine: FakeNode;
let bin: string;

beforeAll(async () => {
  gateway = await startGateway();
  world = await createWorld(gateway);
  // Whatever this machine has: on the node no user manager answers.
  bin = mkdtempSync(join(tmpdir(), 'gantry-bin-'));
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'systemctl'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  machine = await fakeNode({ env: { PATH: `${bin}:${process.env.PATH}` } });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await machine.close();
  rmSync(bin, { recursive: true, force: true });
});

const FIELDS = 'driver connection { state driver driverReason kernel shell init }';

const look = async (id: string) => (await gateway.run(`query ($id: ID!) { node(id: $id) { ${FIELDS} } }`, { id })).node;

const setTo = async (id: string, driver: unknown) =>
  gateway.run(
    'mutation ($id: ID!, $input: UpdateNodeInput!) { updateNode(id: $id, input: $input) { node { driver } } }',
    { id, input: { driver } },
  );

const connected = (id: string, driver: string | null) =>
  until(`the node runs processes by ${driver}`, async () => {
    const node = await look(id);
    return node.connection?.state === 'CONNECTED' && node.connection.driver === driver && node;
  });

async function withProcess(input: object = {}) {
  const node = await world.node(machine, input);
  const service = await world.service(['sleep', '1000']);
  return { node, process: await world.process(service, node) };
}

describe('a node', () => {
  it('says how it runs processes and why, and what it is', async () => {
    const { node } = await withProcess();
    const { driver, connection } = await connected(node, 'KEEPER');
    expect(driver).toBe('AUTO');
    expect(connection.driverReason).toMatch(/^Processes are children of keepers, without systemd: .+\.$/);
    expect(connection.kernel).toMatch(/^Linux \S+ \S+$/);
    expect(connection.shell).toMatch(/^\S+$/);
    expect(connection.init).toMatch(/^\S+$/);
  });

  it('can be told to leave systemd alone', async () => {
    const { node, process } = await withProcess({ driver: 'KEEPER' });
    const { connection } = await connected(node, 'KEEPER');
    expect(connection.driverReason).toBe('Processes are children of keepers, as this node is set to.');
    expect(await world.change('startProcess', process)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await world.change('stopProcess', process)).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('starts nothing where it is set to a systemd that it does not have, and names what is missing', async () => {
    const { node, process } = await withProcess({ driver: 'SYSTEMD' });
    const { connection } = await connected(node, null);
    expect(connection.driverReason).toMatch(
      /^This node is set to run processes by systemd, which cannot be: .*systemctl/,
    );
    const { state, steps } = await world.change('startProcess', process);
    expect(state).toBe('FAILED');
    expect(steps.nodes[0]).toMatchObject({ reason: 'NOT_KEPT', message: connection.driverReason });
  });

  it('keeps what runs when it is set to another way, and stops it as it was started', async () => {
    const { node, process } = await withProcess();
    expect(await world.change('startProcess', process)).toMatchObject({ state: 'SUCCEEDED' });
    const { pid } = await world.look(process);
    await setTo(node, 'SYSTEMD');
    await connected(node, null);
    expect(await until('it is seen', async () => (await world.look(process)).status === 'RUNNING')).toBe(true);
    expect((await world.look(process)).pid).toBe(pid);
    expect(await world.change('stopProcess', process)).toMatchObject({ state: 'SUCCEEDED' });
    expect((await world.change('startProcess', process)).steps.nodes[0]).toMatchObject({ reason: 'NOT_KEPT' });
    await setTo(node, 'AUTO');
    await connected(node, 'KEEPER');
    expect(await world.change('startProcess', process)).toMatchObject({ state: 'SUCCEEDED' });
    expect(await world.change('stopProcess', process)).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('cannot be set to nothing', async () => {
    const node = await world.node(machine);
    await expect(setTo(node, null)).rejects.toThrow();
    expect((await look(node)).driver).toBe('AUTO');
  });
});
