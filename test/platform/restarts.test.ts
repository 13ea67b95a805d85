// Restart policies with a pace: kept by the node, seen through the gateway, and kept while there is no gateway.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway } from '../kit/gateway.ts';
import { openScene, type Scene } from '../kit/scene.ts';
import { until } from '../kit/until.ts';
import { createWorld } from '../kit/world.ts';

const WATCH = `subscription ($process: ID!) {
  processStatus(filter: { process: $process }) { status previous reason message exitCode restarts nextAttemptAt actor }
}`;
const PACE = `restartPolicy restartInitialDelay restartFactor restartMaxDelay restartJitter restartResetAfter restartLimit restartWindow`;
const LOOK =
  'query ($id: ID!) { process(id: $id) { status statusReason statusMessage restarts nextAttemptAt exitCode } }';

describe('a restart policy', () => {
  let scene: Scene;
  let { machine, gateway, world, node }: Scene = {} as Scene;

  beforeAll(async () => {
    scene = await openScene();
    ({ machine, gateway, world, node } = scene);
  });

  afterAll(() => scene.close());

  /** A process that notes each run in a file, and then does `then`. */
  const noted = async (name: string, then: string, input: object) => {
    const file = join(machine.home, name);
    const service = await world.service(['/bin/sh', '-c', `echo x >>'${file}'; ${then}`], input);
    const id = await world.process(service, node);
    return { id, service, runs: () => (existsSync(file) ? readFileSync(file, 'latin1').length / 2 : 0) };
  };
  const look = async (id: string) => (await gateway.run(LOOK, { id })).process;
  const reaches = (id: string, status: string) =>
    until(`${id} is ${status}`, async () => {
      const found = await look(id);
      return found.status === status && found;
    });

  it('says when the next attempt is, to those who look and those who watch', async () => {
    const { id } = await noted('slow', 'sleep 0.7; exit 5', {
      restartPolicy: 'ALWAYS',
      restart: { initialDelay: 'PT1H', maxDelay: 'PT2H' },
    });
    const watch = gateway.subscribe(WATCH, { process: id });
    await world.change('startProcess', id);
    const told = await watch.until((values) => values.find((value) => value.nextAttemptAt));
    const hour = new Date(told.nextAttemptAt).getTime() - Date.now();
    expect(hour).toBeGreaterThan(3_500_000);
    expect(hour).toBeLessThan(3_700_000);
    expect(told).toMatchObject({ status: 'BACKOFF', reason: 'EXIT_CODE', exitCode: 5, restarts: 0, actor: null });
    expect(await look(id)).toMatchObject({ status: 'BACKOFF', nextAttemptAt: told.nextAttemptAt });
    expect((await world.change('stopProcess', id)).state).toBe('SUCCEEDED');
    expect(await look(id)).toMatchObject({ status: 'STOPPED', nextAttemptAt: null });
  });

  it('with a limit ends as FATAL with its reason, and a start tries again from zero', async () => {
    const restart = { initialDelay: 'PT0.1S', factor: 1, maxDelay: 'PT0.1S', limit: 2, window: 'PT1M' };
    const { id, runs } = await noted('limited', 'sleep 0.7; exit 6', { restartPolicy: 'ON_FAILURE', restart });
    const watch = gateway.subscribe(WATCH, { process: id });
    await world.change('startProcess', id);
    const told = await watch.until((values) => values.find((value) => value.status === 'FATAL'));
    expect(told).toMatchObject({ reason: 'RESTART_LIMIT', exitCode: 6, restarts: 2, nextAttemptAt: null, actor: null });
    expect(told.message).toContain('2 in all');
    expect(runs()).toBe(3);
    expect((await world.change('startProcess', id)).state).toBe('SUCCEEDED');
    expect(await look(id)).toMatchObject({ status: 'RUNNING', restarts: 0 });
    await reaches(id, 'FATAL');
    expect(runs()).toBe(6);
    expect((await world.change('stopProcess', id)).state).toBe('SUCCEEDED');
    expect((await look(id)).status).toBe('STOPPED');
  });

  it('is kept by the node alone: FATAL is found when a gateway comes back', async () => {
    const other = await startGateway();
    const there = await createWorld(other, 'Elsewhere');
    const file = join(machine.home, 'alone');
    const restart = { initialDelay: 'PT0.2S', factor: 1, limit: 2 };
    const service = await there.service(['/bin/sh', '-c', `echo x >>'${file}'; sleep 0.7; exit 1`], {
      restartPolicy: 'ALWAYS',
      restart,
    });
    const id = await there.process(service, await there.node(machine));
    expect((await there.change('startProcess', id)).state).toBe('SUCCEEDED');
    await other.stop();
    await until('three runs without a gateway', () => readFileSync(file, 'latin1').length === 6);
    const again = await other.again();
    const found = await until('FATAL', async () => {
      const { process } = await again.run(LOOK, { id });
      return process.status === 'FATAL' && process;
    });
    expect(found).toMatchObject({ statusReason: 'RESTART_LIMIT', restarts: 2, exitCode: 1 });
    await again[Symbol.asyncDispose]();
  });

  it('ON_FAILURE leaves alone what ended well, NEVER leaves alone everything', async () => {
    const restart = { initialDelay: 'PT0.1S' };
    const well = await noted('well', 'sleep 0.7; exit 0', { restartPolicy: 'ON_FAILURE', restart });
    const never = await noted('never', 'sleep 0.7; exit 1', { restartPolicy: 'NEVER', restart });
    for (const { id } of [well, never]) await world.change('startProcess', id);
    for (const { id, runs } of [well, never]) {
      expect(await reaches(id, 'EXITED')).toMatchObject({ restarts: 0, nextAttemptAt: null });
      expect(runs()).toBe(1);
    }
  });

  it('is stored as given, changed in parts, and cleared', async () => {
    const service = await world.service(['true'], {
      restartPolicy: 'ALWAYS',
      restart: { initialDelay: 'PT0.5S', factor: 1.5, jitter: 0.25, limit: 3, window: 'PT1M30S' },
    });
    const read = async () =>
      (await gateway.run(`query ($id: ID!) { service(id: $id) { ${PACE} } }`, { id: service })).service;
    const update = (restart: object | null) =>
      gateway.run(
        'mutation ($id: ID!, $restart: RestartInput) { updateService(id: $id, input: { restart: $restart }) { service { id } } }',
        { id: service, restart },
      );
    const given = {
      restartPolicy: 'ALWAYS',
      restartInitialDelay: 'PT0.5S',
      restartFactor: 1.5,
      restartMaxDelay: null,
      restartJitter: 0.25,
      restartResetAfter: null,
      restartLimit: 3,
      restartWindow: 'PT1M30S',
    };
    expect(await read()).toEqual(given);
    await update({ limit: null, resetAfter: 'P1D' });
    expect(await read()).toEqual({ ...given, restartLimit: null, restartResetAfter: 'P1D' });
    await update(null);
    expect(Object.values(await read()).filter(Boolean)).toEqual(['ALWAYS']);
  });

  it('with a pace that no node could keep is refused with the field at fault', async () => {
    const refused = async (restart: object) => {
      const input = { instance: world.instance, name: 'x', type: 'command', restart };
      const mutation = 'mutation ($input: CreateServiceInput!) { createService(input: $input) { service { id } } }';
      return (await gateway.errors(mutation, { input }))[0]?.extensions;
    };
    for (const [field, value] of [
      ['initialDelay', 'PT0S'],
      ['initialDelay', 'P2D'],
      ['maxDelay', 'P1M'],
      ['resetAfter', 'P1Y'],
      ['window', 'PT0S'],
      ['factor', 0.9],
      ['factor', 11],
      ['jitter', 1.1],
      ['jitter', -0.1],
      ['limit', 0],
      ['limit', 1001],
    ]) {
      expect(await refused({ [field as string]: value }), `${field} ${value}`).toEqual({
        code: 'BAD_USER_INPUT',
        field: `input.restart.${field}`,
      });
    }
  });
});
