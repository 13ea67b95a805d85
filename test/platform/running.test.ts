// The main job: real processes on a real node, started, watched, killed by hand, and stopped.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openScene, type Scene } from '../kit/scene.ts';
import { until } from '../kit/until.ts';
import { createWorld } from '../kit/world.ts';

const STEADY = ['sleep', '1000'];
const WATCH = `subscription ($filter: ProcessStatusFilter) {
  processStatus(filter: $filter) { processId status previous reason message pid exitCode signal actor revision process { id } }
}`;

let scene: Scene;
let { machine, gateway, world, node }: Scene = {} as Scene;

beforeAll(async () => {
  scene = await openScene();
  ({ machine, gateway, world, node } = scene);
});

afterAll(() => scene.close());

const started = async (command: readonly string[] = STEADY, input: object = {}) => {
  const service = await world.service(command, input);
  const process = await world.process(service, node);
  const operation = await world.change('startProcess', process);
  return { service, process, operation };
};

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    // A zombie answers signals, too: nobody has asked for its end yet.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('starting', () => {
  it('a process that was started runs, and its pid is that of the real one', async () => {
    const { process, operation } = await started();
    expect(operation).toMatchObject({ kind: 'START', state: 'SUCCEEDED', steps: { nodes: [{ state: 'SUCCEEDED' }] } });
    const { status, desired, pid, statusActor } = await world.look(process);
    expect({ status, desired, statusActor }).toEqual({
      status: 'RUNNING',
      desired: 'RUNNING',
      statusActor: 'anonymous',
    });
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toBe('sleep\x001000\x00');
  });

  it('a process that is started twice runs once', async () => {
    const { process } = await started();
    const { pid } = await world.look(process);
    const watch = gateway.subscribe(WATCH, { filter: { process } });
    await watch.until((values) => values[0]);
    const again = await Promise.all([1, 2, 3].map(() => world.change('startProcess', process)));
    expect(again.map((operation) => operation.state)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
    expect((await world.look(process)).pid).toBe(pid);
    expect(watch.values).toHaveLength(1);
  });

  it('a process that ends again and again is not said to be started because its node keeps trying', async () => {
    const { process } = await started(['/bin/sh', '-c', 'sleep 0.7; exit 1'], { restartPolicy: 'ALWAYS' });
    await until('BACKOFF', async () => (await world.look(process)).status === 'BACKOFF');
    expect(await world.change('startProcess', process)).toMatchObject({
      state: 'FAILED',
      steps: { nodes: [{ reason: 'NOT_RUNNING' }] },
    });
    expect((await world.change('stopProcess', process)).state).toBe('SUCCEEDED');
  });

  it('a command that is not there fails with its reason, and the process is not said to run', async () => {
    const { process, operation } = await started(['/no/such/program']);
    expect(operation).toMatchObject({
      state: 'FAILED',
      steps: { nodes: [{ state: 'FAILED', reason: 'COMMAND_NOT_FOUND' }] },
    });
    expect((await world.look(process)).status).not.toBe('RUNNING');
  });

  it('a process that ends right after its start has not succeeded', async () => {
    const { process, operation } = await started(['/bin/sh', '-c', 'sleep 0.1; exit 7']);
    expect(operation.state).toBe('FAILED');
    expect(operation.steps.nodes[0]).toMatchObject({ reason: 'EXITED_EARLY' });
    expect(await world.look(process)).toMatchObject({ status: 'EXITED', exitCode: 7, statusReason: 'EXIT_CODE' });
  });

  it('no word of a command and no value of its environment is pasted into a shell', async () => {
    const nasty = `'; touch ${join(machine.home, 'pwned')}; "$(id)" \`id\` \\ * é\n`;
    const script = 'printf "%s" "$1" >word; printf "%s" "$NASTY" >value; exec sleep 1000';
    const { operation } = await started(['/bin/sh', '-c', script, 'sh', nasty], {
      options: { command: ['/bin/sh', '-c', script, 'sh', nasty], env: { NASTY: nasty } },
    });
    expect(operation.state).toBe('SUCCEEDED');
    expect(readFileSync(join(machine.home, 'word'), 'utf8')).toBe(nasty);
    expect(readFileSync(join(machine.home, 'value'), 'utf8')).toBe(nasty);
    expect(() => readFileSync(join(machine.home, 'pwned'))).toThrow('ENOENT');
  });

  it('options, addresses of the instance and the log level arrive in the environment', async () => {
    await gateway.run('mutation ($id: ID!) { updateInstance(id: $id, input: { zk: "zk:2181" }) { instance { id } } }', {
      id: world.instance,
    });
    const script = 'env >seen; exec sleep 1000';
    const { service, process } = await started([], {
      logLevel: 'WARN',
      options: { command: ['/bin/sh', '-c', script], port: 8082, 'token-ttl': 60, nested: { a: [1] } },
    });
    const seen = await until('the environment', () => readFileSync(join(machine.home, 'seen'), 'utf8') || undefined);
    for (const line of [
      'GANTRY_OPTION_PORT=8082',
      'GANTRY_OPTION_TOKEN_TTL=60',
      'GANTRY_OPTION_NESTED={"a":[1]}',
      'GANTRY_LOG_LEVEL=warn',
      'GANTRY_INSTANCE_ZK=zk:2181',
      `GANTRY_INSTANCE_ID=${world.instance}`,
      `GANTRY_SERVICE_ID=${service}`,
      `GANTRY_PROCESS_ID=${process}`,
      `GANTRY_NODE_ID=${node}`,
    ]) {
      expect(seen.split('\n')).toContain(line);
    }
  });
});

describe('watching', () => {
  it('a subscriber is told first how things stand, then of a crash with its reason, and that nobody asked for it', async () => {
    const { service, process: id } = await started();
    const watch = gateway.subscribe(WATCH, { filter: { service } });
    const first = await watch.until((values) => values[0]);
    expect(first).toMatchObject({
      processId: id,
      status: 'RUNNING',
      previous: null,
      actor: 'anonymous',
      process: { id },
    });
    process.kill(first.pid, 'SIGKILL');
    const crash = await watch.until((values) => values.find((value) => value.status === 'EXITED'));
    expect(crash).toMatchObject({
      previous: 'RUNNING',
      reason: 'SIGNAL',
      signal: 'SIGKILL',
      exitCode: 137,
      pid: null,
      actor: null,
    });
    expect(watch.values.map((value) => value.revision)).toEqual(
      [...watch.values.map((value) => value.revision)].sort((a, b) => a - b),
    );
  });

  it('a stop is told step by step, with who asked for it', async () => {
    const { process: id } = await started();
    const watch = gateway.subscribe(WATCH, { filter: { process: id } });
    await watch.until((values) => values[0]);
    await world.change('stopProcess', id);
    await watch.until((values) => values.find((value) => value.status === 'STOPPED'));
    expect(watch.values.map(({ status, reason, actor }) => [status, reason, actor])).toEqual([
      ['RUNNING', 'STARTED', 'anonymous'],
      ['STOPPING', 'STOP_REQUESTED', 'anonymous'],
      ['STOPPED', 'STOPPED_ON_REQUEST', 'anonymous'],
    ]);
  });

  it('the last that is heard of a process is that it was deleted', async () => {
    const { process: id } = await started();
    const watch = gateway.subscribe(WATCH, { filter: { process: id } });
    await watch.until((values) => values[0]);
    await gateway.run('mutation ($id: ID!) { deleteProcess(id: $id) { id } }', { id });
    expect(await watch.until((values) => values.find((value) => value.reason === 'DELETED'))).toMatchObject({
      processId: id,
      process: null,
    });
  });

  it('thousands of changes at once break no reader: it is told all of them', async () => {
    const { process: id } = await started();
    const watch = gateway.subscribe(WATCH, { filter: { process: id } });
    const { revision } = await watch.until((values) => values[0]);
    const { process: row } = await gateway.run(
      'query ($id: ID!) { process(id: $id) { instance { id } service { id } node { id } } }',
      { id },
    );
    // As when the link to a node with so many processes is lost; here it is one process, told on the bus alone.
    for (let count = 1; count <= 3000; count++) {
      gateway.platform.bus.publish('processChange', {
        ...watch.values[0],
        processId: id,
        instanceId: row.instance.id,
        serviceId: row.service.id,
        nodeId: row.node.id,
        at: new Date().toISOString(),
        revision: revision + count,
      });
    }
    await watch.until((values) => (values.length > 3000 ? true : undefined), 'the last');
    expect(watch.values.map((value) => value.revision - revision)).toEqual(
      Array.from({ length: 3001 }, (_, index) => index),
    );
  });

  it('a filter that names what does not exist is refused', async () => {
    const watch = gateway.subscribe(WATCH, { filter: { service: 'SV9999' } });
    await watch.until(() => watch.errors[0]);
    expect(watch.errors[0]?.extensions).toMatchObject({ code: 'NOT_FOUND', field: 'filter.service' });
  });

  it('a process with a restart policy comes back by itself, and its restarts are counted', async () => {
    const { process: id } = await started(STEADY, { restartPolicy: 'ALWAYS' });
    const { pid } = await world.look(id);
    const watch = gateway.subscribe(WATCH, { filter: { process: id } });
    await watch.until((values) => values[0]);
    process.kill(pid as number, 'SIGKILL');
    const back = await until('the restart', async () => {
      const now = await world.look(id);
      return now.status === 'RUNNING' && now.restarts === 1 ? now : undefined;
    });
    expect(back).toMatchObject({ statusReason: 'RESTARTED', statusActor: null });
    const told = watch.values.slice(1).map(({ status, reason, actor }) => [status, reason, actor]);
    expect(told).toEqual([
      ['EXITED', 'SIGNAL', null],
      ['BACKOFF', 'SIGNAL', null],
      ['STARTING', 'RESTARTING', null],
      ['RUNNING', 'RESTARTED', null],
    ]);
    expect(back.pid).not.toBe(pid);
  });
});

describe('stopping', () => {
  it('a process that was stopped is gone, and stopping it again changes nothing', async () => {
    const { process: id } = await started();
    const { pid } = await world.look(id);
    expect((await world.change('stopProcess', id)).state).toBe('SUCCEEDED');
    expect(isAlive(pid as number)).toBe(false);
    expect(await world.look(id)).toMatchObject({ status: 'STOPPED', desired: 'STOPPED', pid: null });
    expect((await world.change('stopProcess', id)).state).toBe('SUCCEEDED');
  });

  it('a process that ended by itself stays so when it is stopped: how it ended is not forgotten', async () => {
    const { process: id } = await started(['/bin/sh', '-c', 'sleep 0.7; exit 3']);
    await until('EXITED', async () => (await world.look(id)).status === 'EXITED');
    expect((await world.change('stopProcess', id)).state).toBe('SUCCEEDED');
    expect(await world.look(id)).toMatchObject({
      status: 'EXITED',
      desired: 'STOPPED',
      exitCode: 3,
      statusActor: null,
    });
  });

  it('a process that was never started is stopped without asking its node', async () => {
    const id = await world.process(await world.service(STEADY), node);
    const before = machine.server.accepted;
    expect((await world.change('stopProcess', id)).state).toBe('SUCCEEDED');
    expect(machine.server.accepted).toBe(before);
    expect(await world.look(id)).toMatchObject({ status: 'STOPPED', statusReason: 'NEVER_STARTED' });
  });

  it('a restart stops the old process before it starts the new one', async () => {
    const { process: id } = await started();
    const { pid } = await world.look(id);
    expect((await world.change('restartProcess', id)).state).toBe('SUCCEEDED');
    expect(isAlive(pid as number)).toBe(false);
    expect((await world.look(id)).pid).not.toBe(pid);
  });
});

describe('a service and an instance', () => {
  it('a service is started, restarted and stopped with all its processes', async () => {
    const service = await world.service(STEADY);
    const ids = [
      await world.process(service, node),
      await world.process(service, node),
      await world.process(service, node),
    ];
    for (const [mutation, status] of [
      ['startService', 'RUNNING'],
      ['restartService', 'RUNNING'],
      ['stopService', 'STOPPED'],
    ] as const) {
      const operation = await world.change(mutation, service);
      expect(operation).toMatchObject({ state: 'SUCCEEDED' });
      expect(operation.steps.nodes).toHaveLength(3);
      for (const id of ids) expect((await world.look(id)).status).toBe(status);
    }
  });

  it('what cannot start does not keep the rest of an instance from starting', async () => {
    const other = await createWorld(gateway, 'Other');
    const there = await other.node(machine);
    const good = await other.process(await other.service(STEADY), there);
    const bad = await other.process(await other.service([], { type: 'auth', options: {} }), there);
    const operation = await other.change('startAllServices', other.instance);
    expect(operation.state).toBe('PARTIALLY_FAILED');
    expect(operation.steps.nodes.map(({ processId, state, reason }) => [processId, state, reason])).toEqual([
      [good, 'SUCCEEDED', null],
      [bad, 'FAILED', 'NOT_STARTABLE'],
    ]);
    expect((await other.change('stopAllServices', other.instance)).state).toBe('SUCCEEDED');
    expect((await other.look(good)).status).toBe('STOPPED');
  });

  it('a type without a command is refused with what to configure and where', async () => {
    const service = await world.service([], { type: 'auth', options: {} });
    const id = await world.process(service, node);
    const [error] = await gateway.errors('mutation ($id: ID!) { startProcess(id: $id) { operation { id } } }', { id });
    expect(error?.extensions).toMatchObject({ code: 'NOT_STARTABLE', field: 'type' });
    expect(error?.message).toMatch(/"auth".*GANTRY_SERVICE_TYPES/);
    expect(await world.look(id)).toMatchObject({ desired: 'STOPPED', status: 'STOPPED' });
  });
});
