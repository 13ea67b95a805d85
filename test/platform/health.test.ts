// Health checks: looked at by the node, told by the gateway, waited for by starts.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceTypes } from '../../src/platform/service-types.ts';
import { freePort } from '../kit/fleet.ts';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { type FakeNode, fakeNode } from '../kit/node.ts';
import { openScene } from '../kit/scene.ts';
import { until } from '../kit/until.ts';
import { startWeb } from '../kit/web.ts';
import { createWorld, type World } from '../kit/world.ts';

const CATALOGUE = `
types:
  web:
    command: [sleep, '1000']
    settleSeconds: 0
    health:
      kind: HTTP
      port: \${options.port}
      path: /well
      expectedStatus: 200
      intervalSeconds: 1
      timeoutSeconds: 20
      unhealthyThreshold: 2
      startPeriodSeconds: 0
    options:
      type: object
      properties: { port: {} }
`;
const WATCH = `subscription ($process: ID!) {
  processStatus(filter: { process: $process }) { status previous health healthMessage healthSince at revision }
}`;
const LOOK = `query ($id: ID!) {
  process(id: $id) { status health healthMessage healthSince changedAt pid }
}`;

/** A look may take long on a busy machine; only what is meant to be slow is too slow. */
const QUICK = { interval: 'PT1S', timeout: 'PT20S', startPeriod: 'PT0S' };
/** Well while the file is there. */
const fileCheck = (file: string, more: object = {}) => ({
  kind: 'COMMAND',
  command: ['test', '-e', file],
  ...QUICK,
  ...more,
});

describe('health', () => {
  let machine: FakeNode;
  let gateway: TestGateway;
  let world: World;
  let node: string;

  beforeAll(async () => {
    ({ machine, gateway, world, node } = await openScene(CATALOGUE));
  });

  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await machine.close();
  });

  const file = (name: string) => join(machine.home, name);
  const look = async (id: string) => (await gateway.run(LOOK, { id })).process;
  const sleeping = async (healthCheck: object | null) => {
    const service = await world.service(['sleep', '1000'], { healthCheck });
    return { service, id: await world.process(service, node) };
  };
  const update = (id: string, healthCheck: object | null) =>
    gateway.run(
      'mutation ($id: ID!, $check: HealthCheckInput) { updateService(id: $id, input: { healthCheck: $check }) { service { version } } }',
      { id, check: healthCheck },
    );
  const operation = (id: string) =>
    gateway
      .run('query ($id: ID!) { operation(id: $id) { state steps { nodes { state reason message } } } }', { id })
      .then((data) => data.operation);
  const ended = (id: string) =>
    until('the operation has ended', async () => {
      const found = await operation(id);
      return !['QUEUED', 'RUNNING'].includes(found.state) && found;
    });

  it('of what has no check, or does not run, is NOT_CHECKED', async () => {
    const { id } = await sleeping(null);
    const nothing = { health: 'NOT_CHECKED', healthMessage: null, healthSince: null };
    expect(await look(id)).toMatchObject({ status: 'STOPPED', ...nothing });
    expect((await world.change('startProcess', id)).state).toBe('SUCCEEDED');
    expect(await look(id)).toMatchObject({ status: 'RUNNING', ...nothing });
    await world.change('stopProcess', id);
    const checked = await sleeping(fileCheck('/'));
    expect(await look(checked.id)).toMatchObject({ status: 'STOPPED', ...nothing });
    expect((await world.change('startProcess', checked.id, 'PT1M')).state).toBe('SUCCEEDED');
    expect(await look(checked.id)).toMatchObject({ status: 'RUNNING', health: 'HEALTHY' });
    await world.change('stopProcess', checked.id);
    expect(await look(checked.id)).toMatchObject({ status: 'STOPPED', ...nothing });
  });

  it('is waited for by a start, which succeeds when the process is healthy and no sooner', async () => {
    const well = file('well-1');
    const looks = file('looks-1');
    const command = ['sh', '-c', `echo x >>'${looks}'; [ -e '${well}' ]`];
    const { id } = await sleeping(fileCheck(well, { command, startPeriod: 'PT1H' }));
    const started = await world.change('startProcess', id, 'PT0S');
    const watch = gateway.subscribe(WATCH, { process: id });
    await watch.until((values) => values.find((value) => value.status === 'RUNNING' && value.health === 'UNKNOWN'));
    // Long after what has no check would have been started.
    await until('the fourth look', () => existsSync(looks) && readFileSync(looks, 'latin1').length >= 8);
    expect((await operation(started.id)).state).toBe('RUNNING');
    writeFileSync(well, '');
    expect(await ended(started.id)).toMatchObject({ state: 'SUCCEEDED', steps: { nodes: [{ state: 'SUCCEEDED' }] } });
    expect(await look(id)).toMatchObject({ status: 'RUNNING', health: 'HEALTHY', healthMessage: null });
    expect((await world.change('startProcess', id, 'PT1M')).state).toBe('SUCCEEDED');
    await world.change('stopProcess', id);
  });

  it('that does not come makes a start fail with its reason, and leaves the process running', async () => {
    const { id } = await sleeping({ ...QUICK, kind: 'COMMAND', command: ['sh', '-c', 'echo no disk; exit 4'] });
    const { state, steps } = await world.change('startProcess', id, 'PT1M');
    expect(state).toBe('FAILED');
    expect(steps.nodes[0]).toMatchObject({ state: 'FAILED', reason: 'NOT_HEALTHY' });
    expect(steps.nodes[0]?.message).toContain('exit code 4: no disk');
    expect(steps.nodes[0]?.message).toContain('runs on');
    expect(await look(id)).toMatchObject({ status: 'RUNNING', health: 'UNHEALTHY' });
    // What runs already and is not healthy is no success either.
    expect((await world.change('startProcess', id, 'PT1M')).steps.nodes[0]).toMatchObject({ reason: 'NOT_HEALTHY' });
    expect((await world.change('stopProcess', id)).state).toBe('SUCCEEDED');
  });

  it('is not waited for beyond the end of the process, nor against a later request', async () => {
    const never = fileCheck(file('never'), { startPeriod: 'PT1H' });
    const service = await world.service(
      ['/bin/sh', '-c', `until [ -e '${file('end')}' ]; do sleep 0.05; done; exit 3`],
      {
        healthCheck: never,
      },
    );
    const ending = await world.process(service, node);
    const first = await world.change('startProcess', ending, 'PT0S');
    await until('it runs', async () => (await look(ending)).status === 'RUNNING');
    writeFileSync(file('end'), '');
    expect((await ended(first.id)).steps.nodes[0]).toMatchObject({ state: 'FAILED', reason: 'EXITED_EARLY' });

    const { id } = await sleeping(never);
    const second = await world.change('startProcess', id, 'PT0S');
    await until('it runs', async () => (await look(id)).status === 'RUNNING');
    expect((await world.change('stopProcess', id, 'PT1M')).state).toBe('SUCCEEDED');
    expect((await ended(second.id)).steps.nodes[0]).toMatchObject({ state: 'FAILED', reason: 'SUPERSEDED' });
    expect(await look(id)).toMatchObject({ status: 'STOPPED', health: 'NOT_CHECKED' });
  });

  it('of a type is looked at by its options, and tells those who watch when it changes', async () => {
    const web = await startWeb();
    const service = await world.service([], { type: 'web', options: { port: web.port } });
    const id = await world.process(service, node);
    const watch = gateway.subscribe(WATCH, { process: id });
    expect((await world.change('startProcess', id, 'PT1M')).state).toBe('SUCCEEDED');
    const before = await look(id);
    web.status = 503;
    const told = await watch.until((values) => values.find((value) => value.health === 'UNHEALTHY'));
    expect(told).toMatchObject({
      status: 'RUNNING',
      previous: 'RUNNING',
      healthMessage: 'It answered with the status 503.',
    });
    expect(told.at).toBe(told.healthSince);
    // The status is since then what it was before.
    expect((await look(id)).changedAt).toBe(before.changedAt);
    const sick = 'query ($filter: ProcessFilter) { processes(filter: $filter) { nodes { id } } }';
    const find = async (health: string[]) =>
      (await gateway.run(sick, { filter: { service, health } })).processes.nodes.length;
    expect(await find(['UNHEALTHY', 'UNKNOWN'])).toBe(1);
    expect(await find(['HEALTHY'])).toBe(0);
    web.status = 200;
    await watch.until((values) => (values.at(-1).health === 'HEALTHY' ? true : undefined));
    expect(new Set(web.asked)).toEqual(new Set(['/well']));
    await web.close();
    await watch.until((values) =>
      values.find(({ healthMessage }) => healthMessage?.startsWith('There is no answer at')),
    );
    await world.change('stopProcess', id);
  });

  it('can be looked at otherwise for a service than its type says, or not at all', async () => {
    const port = await freePort();
    const service = await world.service([], { type: 'web', options: { port } });
    const id = await world.process(service, node);
    const restart = () => world.change('restartProcess', id, 'PT1M');
    expect((await restart()).steps.nodes[0]).toMatchObject({ reason: 'NOT_HEALTHY' });
    await update(service, { kind: 'NONE' });
    expect((await restart()).state).toBe('SUCCEEDED');
    expect(await look(id)).toMatchObject({ status: 'RUNNING', health: 'NOT_CHECKED' });
    const web = await startWeb(port);
    await update(service, { kind: 'TCP', port: `\${options.port}`, ...QUICK });
    expect((await restart()).state).toBe('SUCCEEDED');
    expect(await look(id)).toMatchObject({ health: 'HEALTHY' });
    expect(web.asked).toEqual([]);
    await update(service, null);
    expect((await restart()).state).toBe('SUCCEEDED');
    expect(web.asked).toContain('/well');
    await web.close();
    await world.change('stopProcess', id);
  });

  it('with settings that no node could look by is refused with the field at fault', async () => {
    const refused = async (healthCheck: object) => {
      const input = { instance: world.instance, name: 'x', type: 'command', healthCheck };
      const mutation = 'mutation ($input: CreateServiceInput!) { createService(input: $input) { service { id } } }';
      return (await gateway.errors(mutation, { input }))[0]?.extensions;
    };
    const cases: [string, object][] = [
      ['port', { kind: 'TCP' }],
      ['port', { kind: 'HTTP', path: '/' }],
      ['command', { kind: 'COMMAND' }],
      ['command', { kind: 'COMMAND', command: [] }],
      ['command', { kind: 'TCP', port: 1, command: ['x'] }],
      ['path', { kind: 'TCP', port: 1, path: '/' }],
      ['port', { kind: 'NONE', port: 1 }],
      ['port', { kind: 'TCP', port: 0 }],
      ['port', { kind: 'TCP', port: 65_536 }],
      ['port', { kind: 'TCP', port: '80 81' }],
      ['port', { kind: 'TCP', port: `\${secret.port}` }],
      ['host', { kind: 'TCP', port: 1, host: 'a b' }],
      ['path', { kind: 'HTTP', port: 1, path: 'well' }],
      ['path', { kind: 'HTTP', port: 1, path: '/\r\nx: y' }],
      ['expectedStatus', { kind: 'HTTP', port: 1, expectedStatus: '2xx' }],
      ['expectedStatus', { kind: 'HTTP', port: 1, expectedStatus: '300-200' }],
      ['interval', { kind: 'TCP', port: 1, interval: 'PT0.9S' }],
      ['interval', { kind: 'TCP', port: 1, interval: 'P2D' }],
      ['timeout', { kind: 'TCP', port: 1, timeout: 'PT0S' }],
      ['timeout', { kind: 'TCP', port: 1, timeout: 'PT2M' }],
      ['startPeriod', { kind: 'TCP', port: 1, startPeriod: 'PT2H' }],
      ['healthyThreshold', { kind: 'TCP', port: 1, healthyThreshold: 0 }],
      ['unhealthyThreshold', { kind: 'TCP', port: 1, unhealthyThreshold: 101 }],
    ];
    for (const [field, check] of cases) {
      const found = await refused(check);
      expect(found?.code, JSON.stringify(check)).toBe('BAD_USER_INPUT');
      expect(found?.field, JSON.stringify(check)).toMatch(new RegExp(`^input\\.healthCheck\\.${field}(\\.|$)`));
    }
  });

  it('by a port that its options do not have cannot be started, and says so', async () => {
    for (const options of [{}, { port: 'none' }]) {
      const service = await world.service([], { type: 'web', options });
      const id = await world.process(service, node);
      const start = 'mutation ($id: ID!) { startProcess(id: $id) { operation { state } } }';
      const [error] = await gateway.errors(start, { id });
      expect(error?.extensions.code).toBe('NOT_STARTABLE');
      expect(error?.message).toContain('port');
      expect((await look(id)).status).toBe('STOPPED');
    }
  });

  it('is shown as it was given, and replaced as a whole', async () => {
    const { service } = await sleeping({ kind: 'HTTP', port: 80, path: '/x', interval: 'PT5S', healthyThreshold: 2 });
    const names =
      'Kind Host Port Path ExpectedStatus Command Interval Timeout HealthyThreshold UnhealthyThreshold StartPeriod';
    const fields = names.split(' ').map((name) => `healthCheck${name}`);
    const read = async () =>
      Object.values(
        (await gateway.run(`query ($id: ID!) { service(id: $id) { ${fields.join(' ')} } }`, { id: service })).service,
      );
    expect(await read()).toEqual(['HTTP', null, '80', '/x', null, null, 'PT5S', null, 2, null, null]);
    await update(service, { kind: 'COMMAND', command: ['/bin/look', 'a b'], startPeriod: 'PT0S' });
    expect(await read()).toEqual([
      'COMMAND',
      null,
      null,
      null,
      null,
      ['/bin/look', 'a b'],
      null,
      null,
      null,
      null,
      'PT0S',
    ]);
    await update(service, null);
    expect(await read()).toEqual(fields.map(() => null));
  });
});

describe('health of what runs on a node', () => {
  it('is looked at without a gateway, UNKNOWN until it is heard of, and then since when it is so', async () => {
    await using machine = await fakeNode();
    const first = await startGateway();
    const world = await createWorld(first);
    const node = await world.node(machine);
    const start = async (name: string, more: object) => {
      const healthCheck = fileCheck(join(machine.home, name), more);
      const id = await world.process(await world.service(['sleep', '1000'], { healthCheck }), node);
      const started = await world.change('startProcess', id, name === 'late' ? 'PT0S' : 'PT1M');
      return { id, state: started.state, operation: started.id };
    };
    writeFileSync(join(machine.home, 'well'), '');
    const { id, state } = await start('well', { unhealthyThreshold: 1 });
    expect(state).toBe('SUCCEEDED');
    const late = await start('late', { startPeriod: 'PT1H' });
    const steady = await start('.', {});
    const since = async (gateway: TestGateway, process: string) => (await gateway.run(LOOK, { id: process })).process;
    const before = await since(first, steady.id);
    await until('it waits', async () => (await since(first, late.id)).status === 'RUNNING');
    machine.server.stall();
    await first.stop();
    rmSync(join(machine.home, 'well'));
    const seen = () => readFileSync(join(machine.folder, 'processes', id, 'health'), 'latin1');
    await until('the node has seen it', () => seen().includes(' unhealthy '));
    const opened = Date.now();

    await using second = await first.again();
    expect(await since(second, id)).toMatchObject({ status: 'UNKNOWN', health: 'UNKNOWN' });
    machine.server.resume();
    const now = (process: string, health: string) =>
      until(`${process} is ${health}`, async () => {
        const found = await since(second, process);
        return found.health === health && found;
      });
    // A clock of a node is known to about a second.
    expect(Date.parse((await now(id, 'UNHEALTHY')).healthSince)).toBeLessThan(opened + 2_000);
    const same = await now(steady.id, 'HEALTHY');
    expect(Math.abs(Date.parse(same.healthSince) - Date.parse(before.healthSince))).toBeLessThan(10_000);
    // The start that waited goes on waiting, and is over when the process is healthy.
    const operation = async () =>
      (await second.run('query ($id: ID!) { operation(id: $id) { state } }', { id: late.operation })).operation.state;
    expect(await operation()).toBe('RUNNING');
    writeFileSync(join(machine.home, 'late'), '');
    await until('the start is over', async () => (await operation()) === 'SUCCEEDED');

    machine.server.stall();
    expect(await now(steady.id, 'UNKNOWN')).toMatchObject({ status: 'UNKNOWN' });
    machine.server.resume();
    expect(await now(steady.id, 'HEALTHY')).toMatchObject({ status: 'RUNNING' });
  });
});

describe('a catalogue', () => {
  it('with a health check that cannot be is refused with what is wrong where', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-health-types-'));
    const path = join(folder, 'types.yaml');
    const cases: [string, RegExp][] = [
      ['{ kind: TCP }', /port/],
      ['{ kind: PING, port: 1 }', /kind/],
      ['{ kind: HTTP, port: 80, path: well }', /path/],
      [`{ kind: HTTP, port: "\${secret.port}" }`, /secret\.port/],
      ['{ kind: TCP, port: 80, intervalSeconds: 0.5 }', /intervalSeconds/],
      ['{ kind: TCP, port: 80, interval: 5 }', /interval/],
      ['{ kind: COMMAND, command: [] }', /command/],
      ['{ kind: COMMAND, command: [x], path: / }', /path/],
    ];
    try {
      for (const [health, wanted] of cases) {
        writeFileSync(path, `types: { web: { command: [x], health: ${health} } }`);
        expect(() => ServiceTypes.load(path), health).toThrowError(wanted);
        expect(() => ServiceTypes.load(path), health).toThrowError(/web/);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
