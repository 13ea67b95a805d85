// Deploying: what a service type names is on the node before a process starts, the same for all of an operation.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { artifactsOn, type Build, holdGate, makeBuild, type Tree } from '../kit/artifact.ts';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { fakeNode } from '../kit/node.ts';
import { until } from '../kit/until.ts';
import { createWorld, type World } from '../kit/world.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Deployment {
  readonly machine: Awaited<ReturnType<typeof fakeNode>>;
  readonly build: Build;
  readonly settings: Record<string, string>;
  gateway: TestGateway;
  world: World;
  readonly node: string;
  readonly service: string;
}

// It says what it found, and waits.
const RUN =
  '#!/bin/sh\necho "$GANTRY_ARTIFACT_VERSION $GANTRY_ARTIFACT $1" >"$HOME/said-$GANTRY_PROCESS_ID"\nexec sleep 1000\n';
const BIG: Tree = { 'run*': RUN, data: randomBytes(2_000_000) };

async function deploy(
  options: { tree?: Tree; beforeWrite?: () => Promise<void>; keep?: number } = {},
): Promise<Deployment> {
  const build = makeBuild(options.tree ?? { 'run*': RUN, version: '1' }, 'the app');
  cleanups.push(build.remove);
  const folder = mkdtempSync(join(tmpdir(), 'gantry-catalogue-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const catalogue = join(folder, 'types.yaml');
  const type = {
    artifact: options.keep === undefined ? build.path : { path: build.path, keep: options.keep },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of the catalogue
    command: ['${artifact}/run', '${artifact}'],
  };
  writeFileSync(catalogue, JSON.stringify({ types: { app: type } }));
  const { beforeWrite } = options;
  const machine = await fakeNode(beforeWrite ? { beforeWrite } : {});
  cleanups.push(machine.close);
  const settings = { GANTRY_SERVICE_TYPES: catalogue };
  const gateway = await startGateway(settings);
  const world = await createWorld(gateway);
  const node = await world.node(machine);
  const service = await world.service([], { type: 'app', options: {} });
  const made = { machine, build, settings, gateway, world, node, service };
  cleanups.push(() => made.gateway[Symbol.asyncDispose]());
  return made;
}

const said = ({ machine }: Deployment, process: string) =>
  until(`${process} has said what it found`, () => {
    try {
      return readFileSync(join(machine.home, `said-${process}`), 'utf8').trim() || undefined;
    } catch {
      return undefined;
    }
  });

const LOOK = 'query ($id: ID!) { process(id: $id) { status pid artifact desired } }';
const look = async ({ gateway }: Deployment, id: string) => (await gateway.run(LOOK, { id })).process;

const STEPS = 'id state kind steps { nodes { processId state reason message artifactBytesSent artifactBytes } }';
const operations = async ({ gateway }: Deployment) =>
  (await gateway.run(`{ operations { nodes { ${STEPS} } } }`)).operations.nodes;

describe('a service type with an artifact', () => {
  it('finds it on its node: by its placeholder, in its environment; the graph says which version it is', async () => {
    const it = await deploy();
    const process = await it.world.process(it.service, it.node);
    expect(await look(it, process)).toMatchObject({ artifact: null });
    expect((await it.world.change('startProcess', process, 'PT1M')).state).toBe('SUCCEEDED');
    const { artifact } = await look(it, process);
    expect(artifact).toMatch(/^[0-9a-f]{64}$/);
    const place = join(it.machine.folder, 'artifacts', artifact, 'the app');
    expect(await said(it, process)).toBe(`${artifact} ${place} ${place}`);
    const [operation] = await operations(it);
    const total = RUN.length + 1;
    expect(operation.steps.nodes).toMatchObject([{ artifactBytesSent: total, artifactBytes: total }]);
  });

  it('is copied for the first start only; another version with the next start, and old ones go', async () => {
    const it = await deploy({ keep: 0 });
    const process = await it.world.process(it.service, it.node);
    await it.world.change('startProcess', process, 'PT1M');
    const first = (await look(it, process)).artifact;
    expect((await it.world.change('restartProcess', process, 'PT1M')).state).toBe('SUCCEEDED');
    expect((await operations(it))[0].steps.nodes).toMatchObject([{ artifactBytesSent: null, artifactBytes: null }]);
    expect((await look(it, process)).artifact).toBe(first);
    it.build.write({ version: '2' });
    expect((await it.world.change('restartProcess', process, 'PT1M')).state).toBe('SUCCEEDED');
    const second = (await look(it, process)).artifact;
    expect(second).not.toBe(first);
    // The first one ran while the second was brought.
    expect(artifactsOn(it.machine)).toEqual([first, second].sort());
    it.build.write({ version: '3' });
    expect((await it.world.change('restartProcess', process, 'PT1M')).state).toBe('SUCCEEDED');
    expect(artifactsOn(it.machine)).toEqual([second, (await look(it, process)).artifact].sort());
  });

  it('shows how far its copy is to those who watch the operation', async () => {
    const held = holdGate();
    const it = await deploy({ tree: BIG, beforeWrite: held.pass });
    const process = await it.world.process(it.service, it.node);
    const { id } = await it.world.change('startProcess', process, 'PT0S');
    const watch = it.gateway.subscribe(`subscription ($id: ID!) { operation(id: $id) { operation { ${STEPS} } } }`, {
      id,
    });
    const total = 2_000_000 + RUN.length;
    const at = (sent: number) =>
      watch.until((values) =>
        values.find(({ operation }) => {
          const [step] = operation.steps.nodes;
          return step.artifactBytesSent === sent && step.artifactBytes === total;
        }),
      );
    expect((await at(0)).operation.steps.nodes).toMatchObject([{ state: 'RUNNING' }]);
    held.open();
    await at(total);
    await watch.until((values) => values.find(({ operation }) => operation.state === 'SUCCEEDED'));
  });

  it('starts all processes of an operation with one version, also if it is built anew meanwhile', async () => {
    const held = holdGate();
    const it = await deploy({ tree: BIG, beforeWrite: held.pass });
    const other = await it.world.node(it.machine, { name: 'the same machine' });
    const processes = [await it.world.process(it.service, it.node), await it.world.process(it.service, other)];
    await it.world.change('startService', it.service, 'PT0S');
    // Each copy has eight pieces under way.
    await until('both copies are under way', () => held.waiting() === 16);
    // What was read of it before is what is sent: the file is replaced, as builds do it.
    it.build.write({ more: 'of the next version' });
    held.open();
    const versions = await until('both run', async () => {
      const rows = await Promise.all(processes.map((process) => look(it, process)));
      return rows.every(({ status }) => status === 'RUNNING') && rows.map(({ artifact }) => artifact);
    });
    expect(new Set(versions).size).toBe(1);
  });

  it('is not waited for by a stop: what runs no longer has to is stopped while its next version is on its way', async () => {
    const held = holdGate();
    let isHeld = false;
    const it = await deploy({ tree: BIG, beforeWrite: async () => void (isHeld && (await held.pass())) });
    const process = await it.world.process(it.service, it.node);
    await it.world.change('startProcess', process, 'PT1M');
    const before = await look(it, process);
    isHeld = true;
    it.build.write({ version: '2' });
    const { id } = await it.world.change('restartProcess', process, 'PT0S');
    await until('it is under way', () => held.waiting() > 0);
    expect(await look(it, process)).toMatchObject({ status: 'RUNNING', pid: before.pid, artifact: before.artifact });
    expect((await it.world.change('stopProcess', process, 'PT1M')).state).toBe('SUCCEEDED');
    expect(await look(it, process)).toMatchObject({ status: 'STOPPED' });
    const restart = (await operations(it)).find((each: { id: string }) => each.id === id);
    expect(restart.steps.nodes).toMatchObject([{ state: 'FAILED', reason: 'SUPERSEDED' }]);
    held.open();
  });

  it('that is gone is a typed reason, and what runs is left running by a restart', async () => {
    const it = await deploy();
    const process = await it.world.process(it.service, it.node);
    await it.world.change('startProcess', process, 'PT1M');
    const { pid } = await look(it, process);
    it.build.remove();
    const { steps, state } = await it.world.change('restartProcess', process, 'PT1M');
    expect(state).toBe('FAILED');
    expect(steps.nodes).toMatchObject([{ reason: 'ARTIFACT_UNUSABLE', message: expect.stringContaining('not there') }]);
    expect(await look(it, process)).toMatchObject({ status: 'RUNNING', pid });
  });
});

describe('an operation that goes on after the end of the gateway', () => {
  const interrupted = async () => {
    const held = holdGate();
    const it = await deploy({ tree: BIG, beforeWrite: held.pass });
    const process = await it.world.process(it.service, it.node);
    await it.world.change('startProcess', process, 'PT0S');
    await until('it is under way', () => held.waiting() > 0);
    const again = it.gateway.again();
    return { it, process, held, again };
  };

  it('brings the version that it began with', async () => {
    const { it, process, held, again } = await interrupted();
    it.gateway = await again;
    held.open();
    await until('it runs', async () => (await look(it, process)).status === 'RUNNING');
    expect(await said(it, process)).toContain((await look(it, process)).artifact);
    expect(artifactsOn(it.machine)).toContain((await look(it, process)).artifact);
  });

  it('fails with a typed reason if that version is no more', async () => {
    const { it, process, held, again } = await interrupted();
    it.build.write({ version: '2' });
    it.gateway = await again;
    held.open();
    const [operation] = await until('it has ended', async () => {
      const found = await operations(it);
      return found[0].state !== 'RUNNING' && found[0].state !== 'QUEUED' && found;
    });
    expect(operation.steps.nodes).toMatchObject([{ processId: process, state: 'FAILED', reason: 'ARTIFACT_CHANGED' }]);
    expect((await look(it, process)).status).toBe('STOPPED');
  });
});

describe('a node that is closed for deployment', () => {
  it('takes no new processes and no starts by whomever; what runs there runs on, and can be stopped', async () => {
    const it = await deploy();
    const [runs, rests] = [await it.world.process(it.service, it.node), await it.world.process(it.service, it.node)];
    await it.world.change('startProcess', runs, 'PT1M');
    const { pid } = await look(it, runs);
    await it.gateway.run('mutation ($id: ID!) { updateNode(id: $id, input: { status: false }) { node { id } } }', {
      id: it.node,
    });
    const errors = await it.gateway.errors(
      'mutation ($service: ID!, $node: ID!) { createProcess(input: { service: $service, node: $node }) { process { id } } }',
      { service: it.service, node: it.node },
    );
    expect(errors[0]?.extensions.code).toBe('CONFLICT');
    const refusals = [
      ['startProcess', rests],
      ['restartProcess', runs],
      ['restartProcess', rests],
      ['startService', it.service],
      ['restartService', it.service],
      ['startAllServices', it.world.instance],
    ] as const;
    for (const [mutation, id] of refusals) {
      const [field, argument] = mutation.endsWith('AllServices') ? [mutation, 'instance'] : [mutation, 'id'];
      const document = `mutation ($id: ID!) { ${field}(${argument}: $id, wait: "PT1M") { operation { ${STEPS} } } }`;
      const answer = await it.gateway.run(document, { id }).catch((error: unknown) => String(error));
      // At once where it is one thing that was asked for, step by step where it is many.
      if (typeof answer === 'string') expect(answer, mutation).toContain('"CONFLICT"');
      else {
        const steps = answer[mutation].operation.steps.nodes;
        for (const step of steps) expect(step, mutation).toMatchObject({ state: 'FAILED', reason: 'NODE_CLOSED' });
        expect(steps).toHaveLength(2);
      }
      expect(await look(it, runs)).toMatchObject({ status: 'RUNNING', pid });
      expect((await look(it, rests)).pid).toBeNull();
    }
    expect((await it.world.change('stopService', it.service, 'PT1M')).state).toBe('SUCCEEDED');
    expect(await look(it, runs)).toMatchObject({ status: 'STOPPED' });
  });
});
