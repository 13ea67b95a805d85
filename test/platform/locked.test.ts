// A store that cannot be written for a while: nothing that was seen is lost, requests are told, and the gateway goes on answering.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { startGateway } from '../kit/gateway.ts';
import { fakeNode } from '../kit/node.ts';
import { until } from '../kit/until.ts';
import { createWorld } from '../kit/world.ts';

it('a crash while another program has the store locked is written down afterwards', async () => {
  await using machine = await fakeNode();
  await using gateway = await startGateway();
  const world = await createWorld(gateway);
  const id = await world.process(await world.service(['sleep', '1000']), await world.node(machine));
  await world.change('startProcess', id);
  const { pid } = await world.look(id);

  const other = new Database(join(gateway.folder, 'gantry.db'));
  other.exec('begin immediate');
  process.kill(pid as number, 'SIGKILL');
  const [error] = await gateway.errors('mutation { createInstance(input: { name: "Not now" }) { instance { id } } }');
  expect(error).toMatchObject({ message: expect.stringContaining('locked'), extensions: { code: 'UNAVAILABLE' } });
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
  // Reads go on, and say what was last written down.
  expect((await world.look(id)).status).toBe('RUNNING');
  other.exec('rollback');
  other.close();

  await until('EXITED', async () => (await world.look(id)).status === 'EXITED');
  expect(await world.look(id)).toMatchObject({ statusReason: 'SIGNAL', signal: 'SIGKILL' });
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
}, 40_000);
