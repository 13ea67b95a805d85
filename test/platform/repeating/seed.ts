// A platform to repeat mutations on: a bit of everything, made once, copied for each try.
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway, type TestGateway } from '../../kit/gateway.ts';
import { type FakeNode, fakeNode } from '../../kit/node.ts';
import { createWorld } from '../../kit/world.ts';

/** `steady` counts as started at once; `stubborn` does not end when it is asked to, and nobody makes it for ten minutes, or until its home goes. */
const TYPES = `
types:
  steady:
    command: [sleep, '1000']
    settleSeconds: 0.1
  stubborn:
    command: [/bin/sh, -c, 'trap "" TERM; while [ -d .gantry ]; do sleep 1; done']
    stop: { signal: TERM, graceSeconds: 600 }
    settleSeconds: 0.1
`;

const BEGINNING = [
  'createInstance(input: { name: "Two" }) { instance { id } }',
  'createTenant(input: { id: "acme", name: "Acme" }) { tenant { id } }',
  'createTenant(input: { id: "bare", name: "Bare" }) { tenant { id } }',
  'addTenantToInstance(tenant: "acme", instance: "IN1") { tenant { id } }',
  'createUser(input: { email: "ian@example.com", name: "Ian", password: "first", tenants: ["acme"] }) { user { email } }',
  'createIntegration(input: { id: "mail" }) { integration { id } }',
  'addIntegrationToTenant(integration: "mail", tenant: "acme") { tenant { id } }',
  'createNode(input: { instance: "IN2", name: "far", ipAddress: "127.0.0.1", port: 9, username: "u", password: "p" }) { node { id } }',
  'createService(input: { instance: "IN1", name: "steady", type: "steady", options: {} }) { service { id } }',
  'createService(input: { instance: "IN1", name: "empty", type: "command", options: { command: ["sleep", "1"] } }) { service { id } }',
  'createService(input: { instance: "IN1", name: "stubborn", type: "stubborn" }) { service { id } }',
  'pingNode(id: "ND1") { reachable }',
];

export interface Seed extends AsyncDisposable {
  /** A gateway on a copy of it. */
  open(): Promise<TestGateway>;
}

export async function makeSeed(): Promise<Seed> {
  const machine: FakeNode = await fakeNode();
  const folder = mkdtempSync(join(tmpdir(), 'gantry-seed-'));
  const types = join(folder, 'types.yaml');
  writeFileSync(types, TYPES);
  const settings = { GANTRY_SERVICE_TYPES: types, GANTRY_SHUTDOWN_SECONDS: '0.1' };
  const first = await startGateway(settings, folder);
  const world = await createWorld(first, 'One');
  await world.node(machine);
  for (const mutation of BEGINNING) await first.run(`mutation { ${mutation} }`);
  await first.stop();
  return {
    open: async () => {
      const copy = mkdtempSync(join(tmpdir(), 'gantry-repeat-'));
      for (const file of ['gantry.db', 'keys']) cpSync(join(folder, file), join(copy, file));
      return startGateway(settings, copy);
    },
    [Symbol.asyncDispose]: async () => {
      await first[Symbol.asyncDispose]();
      await machine.close();
    },
  };
}
