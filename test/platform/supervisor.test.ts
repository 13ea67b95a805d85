// The supervisor: whatever happens to a process on its node, it ends as the operator said.
import { execFile } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { type Machine, machineWithSwitch } from '../kit/machine.ts';
import { fakeNode, KEEPER } from '../kit/node.ts';
import { type Payload, payload } from '../kit/payload.ts';
import { until } from '../kit/until.ts';
import { createWorld, type World } from '../kit/world.ts';

const run = promisify(execFile);

let machine: Machine;
let gateway: TestGateway;
let world: World;
let node: string;
let real: Payload;

beforeAll(async () => {
  machine = await machineWithSwitch();
  gateway = await startGateway();
  world = await createWorld(gateway);
  node = await world.node(machine.node);
  real = payload(machine.node.home);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await machine.close();
});

/** A process that was started, and runs for the first time. */
async function started(input: object = {}, then?: string): Promise<string> {
  const process = await world.process(await world.service(real.command(then), input), node);
  expect((await world.change('startProcess', process, 'PT1M')).state).toBe('SUCCEEDED');
  expect(real.starts(process)).toBe(1);
  return process;
}

/** Waits until it has been started so often and the gateway knows. */
const runs = (process: string, starts: number) =>
  until(
    `start ${starts} of ${process}`,
    async () => real.starts(process) === starts && (await world.look(process)).status === 'RUNNING',
    60_000,
  );
const stands = (process: string, status: string) =>
  until(`${process} is ${status}`, async () => (await world.look(process)).status === status, 60_000);

/** On the node, by hand: without the gateway. */
const byHand = (...words: string[]) =>
  run('/bin/sh', [KEEPER, ...words], { env: { ...process.env, GANTRY_KEEPER_DIR: machine.node.folder } });

const supervised = async (process: string) =>
  (
    await gateway.run(
      `query ($process: ID!) { operations(filter: { actor: { eq: "supervisor" }, steps: { processId: [$process] } }) { nodes { kind state targetId } } }`,
      { process },
    )
  ).operations.nodes;

describe('a process that should run', () => {
  it('and was stopped by hand is started again, and who did it is told', async () => {
    const process = await started();
    await byHand('stop', process, 'TERM', '1000');
    await runs(process, 2);
    await until('its end', async () => (await supervised(process))[0]?.state === 'SUCCEEDED');
    expect(await supervised(process)).toEqual([{ kind: 'START', state: 'SUCCEEDED', targetId: node }]);
  });

  it('and was killed together with its keeper is started again', async () => {
    const id = await started({ restartPolicy: 'ON_FAILURE' });
    process.kill(-machine.killKeeper(id), 'SIGKILL');
    await runs(id, 2);
  });

  it('and whose keeper was killed while it waited for the next attempt is started anew', async () => {
    const once = 'if [ $(wc -l <"starts-$me") = 1 ]; then sleep 0.7; exit 1; fi; exec sleep 1000';
    const id = await started({ restartPolicy: 'ALWAYS', restart: { initialDelay: 'PT1H', maxDelay: 'PT2H' } }, once);
    await stands(id, 'BACKOFF');
    machine.killKeeper(id);
    await runs(id, 2);
  });

  it('is started again after a reboot of its node, whatever its restart policy, and what was stopped stays stopped', async () => {
    const [always, never, stopped] = [
      await started({ restartPolicy: 'ALWAYS' }),
      await started({ restartPolicy: 'NEVER' }),
      await started(),
    ];
    await world.change('stopProcess', stopped);
    await machine.powerOff();
    await stands(never, 'UNKNOWN');
    await machine.join();
    for (const process of [always, never]) await runs(process, 2);
    expect(await world.look(stopped)).toMatchObject({ status: 'STOPPED', desired: 'STOPPED' });
    expect(real.starts(stopped)).toBe(1);
  });

  it('is started again if it went down while the link was cut, and its node has lost all records', async () => {
    const process = await started();
    await machine.powerOff();
    rmSync(machine.node.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    await machine.join();
    await runs(process, 2);
  });

  it('and still runs though its node has lost all records is started anew, and never beside itself', async () => {
    const process = await started();
    const stopped = await started();
    const pids = await Promise.all([process, stopped].map(async (id) => (await world.look(id)).pid as number));
    await machine.cut();
    rmSync(machine.node.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    await machine.join();
    await runs(process, 2);
    expect(existsSync(`/proc/${pids[0]}/exe`)).toBe(false);
    expect((await world.change('stopProcess', stopped, 'PT1M')).state).toBe('SUCCEEDED');
    expect(existsSync(`/proc/${pids[1]}/exe`)).toBe(false);
    expect(real.doubles()).toBe(0);
  });

  it('and whose records are lost under a standing link is started anew', async () => {
    await using quick = await fakeNode({ env: { GANTRY_KEEPER_TICK: '0.2' } });
    const notes = payload(quick.home);
    const process = await world.process(await world.service(notes.command()), await world.node(quick));
    await world.change('startProcess', process, 'PT1M');
    await stands(process, 'RUNNING');
    rmSync(quick.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    await until('its next start', () => notes.starts(process) === 2, 60_000);
    await stands(process, 'RUNNING');
    expect(notes.doubles()).toBe(0);
    await world.change('stopProcess', process, 'PT1M');
  });

  it('and could not be started while its node was down is started when it comes back', async () => {
    const process = await world.process(await world.service(real.command()), node);
    await machine.cut();
    expect((await world.change('startProcess', process, 'PT1M')).state).toBe('FAILED');
    await machine.join();
    await runs(process, 1);
  });

  it('is started on the machine that its node has become', async () => {
    await using first = await fakeNode();
    await using second = await fakeNode();
    const elsewhere = await world.node(first);
    const notes = payload(first.home);
    const process = await world.process(await world.service(notes.command()), elsewhere);
    await world.change('startProcess', process, 'PT1M');
    await gateway.run(
      'mutation ($id: ID!, $port: Int!) { updateNode(id: $id, input: { port: $port }) { node { id } } }',
      {
        id: elsewhere,
        port: second.server.port,
      },
    );
    await until('its start over there', () => notes.starts(process) === 2, 60_000);
    await stands(process, 'RUNNING');
    await world.change('stopProcess', process, 'PT1M');
  });
});

describe('a process that should not run', () => {
  it('and was started by hand is stopped', async () => {
    const process = await started();
    await world.change('stopProcess', process, 'PT1M');
    const spec = `export GANTRY_PROCESS_ID=${process}\nset -- sleep 1000`;
    const { stdout } = await new Promise<{ stdout: string }>((done, fail) => {
      const child = execFile(
        '/bin/sh',
        [KEEPER, 'start', process, 'always'],
        { env: { ...globalThis.process.env, GANTRY_KEEPER_DIR: machine.node.folder } },
        (error, stdout) => (error ? fail(error) : done({ stdout })),
      );
      child.stdin?.end(spec);
    });
    const pid = Number(stdout.trim().split(' ')[1]);
    await until(
      'its end',
      () => {
        try {
          return !globalThis.process.kill(pid, 0);
        } catch {
          return true;
        }
      },
      60_000,
    );
    await stands(process, 'STOPPED');
  });
});

describe('a process that ended by itself', () => {
  it('stays down if its policy says so, also when everything around it starts anew', async () => {
    const once = await started({ restartPolicy: 'NEVER' }, 'sleep 0.7; exit 3');
    const well = await started({ restartPolicy: 'ON_FAILURE' }, 'sleep 0.7; exit 0');
    for (const process of [once, well]) await stands(process, 'EXITED');
    // Whoever is started after them by the supervisor shows that it has looked.
    const witness = await started();
    await byHand('stop', witness, 'TERM', '1000');
    await runs(witness, 2);
    for (const process of [once, well]) {
      expect(await world.look(process)).toMatchObject({ status: 'EXITED', desired: 'RUNNING' });
      expect(real.starts(process)).toBe(1);
      expect(await supervised(process)).toEqual([]);
    }
  });
});

describe('what happens while there is no gateway', () => {
  it('is put right when it comes back', async () => {
    const [killed, stopped, rebooted] = [
      await started({ restartPolicy: 'ON_FAILURE' }),
      await started(),
      await started(),
    ];
    await world.change('stopProcess', stopped, 'PT1M');
    await gateway.stop();
    process.kill(-machine.killKeeper(killed), 'SIGKILL');
    await machine.powerOff();
    await machine.join();
    gateway = await gateway.again();
    world = await createWorld(gateway, 'Later');
    node = await world.node(machine.node);
    for (const id of [killed, rebooted]) await runs(id, 2);
    expect((await world.look(stopped)).status).toBe('STOPPED');
  });
});

describe('a node that is closed for deployment', () => {
  const close = (status: boolean) =>
    gateway.run(
      'mutation ($id: ID!, $status: Boolean!) { updateNode(id: $id, input: { status: $status }) { node { id } } }',
      {
        id: node,
        status,
      },
    );

  it('has nothing started on it, says so, and is put right once it is open', async () => {
    const process = await started();
    await close(false);
    await byHand('stop', process, 'TERM', '1000');
    await stands(process, 'STOPPED');
    const { supervisor } = await gateway.run(
      '{ supervisor { mode differences { process { id } remedy attempts nextAttemptAt obstacle } } }',
    );
    expect(supervisor.mode).toBe('ON');
    const mine = supervisor.differences.find((each: { process: { id: string } }) => each.process.id === process);
    expect(mine).toMatchObject({ remedy: 'START', attempts: 0, nextAttemptAt: null });
    expect(mine.obstacle).toContain('takes no');
    expect(real.starts(process)).toBe(1);
    await close(true);
    await runs(process, 2);
  });
});

describe('all of it', () => {
  it('never let two of one process run at once', () => {
    expect(real.doubles()).toBe(0);
  });
});
