// Starting and stopping over /1.0: what it says of running is true, and what nobody knows is an error.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeNode } from '../kit/node.ts';
import { type RestAnswer, rest } from '../kit/rest.ts';
import { openScene, type Scene } from '../kit/scene.ts';
import { until } from '../kit/until.ts';
import { createWorld } from '../kit/world.ts';

const STEADY = ['sleep', '1000'];

let scene: Scene;
let { machine, gateway, world, node }: Scene = {} as Scene;

beforeAll(async () => {
  scene = await openScene();
  ({ machine, gateway, world, node } = scene);
});

afterAll(() => scene.close());

const post = (path: string) => rest(gateway.url, 'POST', `/1.0${path}`);
const get = (path: string) => rest(gateway.url, 'GET', `/1.0${path}`);

describe('a start', () => {
  it('answers true when the process runs, and the graph says the same', async () => {
    const process = await world.process(await world.service(STEADY), node);
    expect(await post(`/processes/${process}/start`)).toMatchObject({
      status: 200,
      body: { id: process, running: true },
    });
    expect(await world.look(process)).toMatchObject({ status: 'RUNNING', desired: 'RUNNING' });
    expect((await post(`/processes/${process}/stop`)).body).toEqual({ id: process, running: false });
    expect(await world.look(process)).toMatchObject({ status: 'STOPPED', pid: null });
  });

  it('answers false for a process that ended at once', async () => {
    const service = await world.service(['/bin/sh', '-c', 'exit 7']);
    const process = await world.process(service, node);
    expect((await post(`/instances/${world.instance}/services/${service}/start`)).body).toEqual({
      id: service,
      running: false,
      processes: [{ id: process, running: false }],
    });
  });

  it('of a service says that it runs only if all of its processes do', async () => {
    const service = await world.service(STEADY);
    const [good, other] = [await world.process(service, node), await world.process(service, node)];
    const path = `/instances/${world.instance}/services/${service}`;
    await post(`/processes/${good}/start`);
    expect((await get(`${path}/status`)).body).toEqual({ running: false });
    expect((await post(`${path}/start`)).body).toEqual({
      id: service,
      running: true,
      processes: [
        { id: good, running: true },
        { id: other, running: true },
      ],
    });
    expect((await get(`${path}/status`)).body).toEqual({ running: true });
    await post(`${path}/stop`);
  });

  it('of what has nothing to run is refused, with what to configure', async () => {
    const service = await world.service([], { type: 'auth', options: {} });
    await world.process(service, node);
    const answer = await post(`/instances/${world.instance}/services/${service}/start`);
    expect(answer).toMatchObject({ status: 400, body: { error: expect.stringMatching(/auth.*GANTRY_SERVICE_TYPES/) } });
  });
});

describe('where nobody can look', () => {
  const expectUnknown = (answer: RestAnswer, process: string) => {
    expect(answer).toMatchObject({ status: 500, body: { error: expect.stringContaining(process) } });
    expect(answer.text).not.toMatch(/running":/);
    expect(answer.body.error).toMatch(/\(.{10,}\)/);
  };

  it('no status is given and no start or stop is said to have worked, but an error with the processes and the reasons', async () => {
    await using far = await fakeNode();
    const other = await createWorld(gateway, 'Far');
    const service = await other.service(STEADY);
    const process = await other.process(service, await other.node(far));
    const services = `/instances/${other.instance}/services`;
    expect((await post(`/processes/${process}/start`)).body.running).toBe(true);
    await far.server.close();
    await until('nobody to know', async () => (await other.look(process)).status === 'UNKNOWN');
    for (const path of [`/processes/${process}/status`, `${services}/${service}/status`, `${services}/status`])
      expectUnknown(await get(path), process);
    for (const path of [`/processes/${process}/stop`, `${services}/${service}/stop`, `${services}/stop`])
      expectUnknown(await post(path), process);
    expect((await rest(gateway.url, 'DELETE', `/1.0/processes/${process}`)).status).toBe(500);
    expect((await get(`/processes/${process}`)).status).toBe(200);
    expect((await rest(gateway.url, 'DELETE', `/1.0/instances/${other.instance}?force=true`)).status).toBe(204);
    expect((await get(`/processes/${process}`)).status).toBe(404);
  });

  it('a ping answers false', async () => {
    const nobody = await world.node(machine, { port: 1 });
    expect(await post(`/instances/${world.instance}/nodes/${nobody}/ping`)).toMatchObject({
      status: 200,
      body: { result: false },
    });
    expect(await post(`/instances/${world.instance}/nodes/${node}/ping`)).toMatchObject({
      status: 200,
      body: { result: true },
    });
  });
});
