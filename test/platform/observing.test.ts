// A supervisor that only observes: it tells what is not as it should be, and touches nothing.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { type Machine, machineWithSwitch } from '../kit/machine.ts';
import { type Payload, payload } from '../kit/payload.ts';
import { until } from '../kit/until.ts';
import { createWorld } from '../kit/world.ts';

let machine: Machine;
let gateway: TestGateway;
let real: Payload;

beforeAll(async () => {
  machine = await machineWithSwitch();
  gateway = await startGateway({ GANTRY_SUPERVISOR: 'observe' });
  real = payload(machine.node.home);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await machine.close();
});

const DIFFERENCES =
  '{ supervisor { mode differences { processId process { desired status } remedy nextAttemptAt obstacle } } }';

describe('a supervisor that observes', () => {
  it('tells in the graph and in the log, does nothing, and is as quiet as before when somebody has put it right', async () => {
    const world = await createWorld(gateway);
    const node = await world.node(machine.node);
    const process = await world.process(await world.service(real.command()), node);
    await world.change('startProcess', process, 'PT1M');
    await machine.powerOff();
    await machine.join();
    const line = await until('a line in the log', () =>
      gateway
        .log()
        .split('\n')
        .find((text) => text.includes('only observes')),
    );
    expect(JSON.parse(line)).toMatchObject({ process, node, desired: 'RUNNING', status: 'EXITED', remedy: 'START' });
    expect((await gateway.run(DIFFERENCES)).supervisor).toEqual({
      mode: 'OBSERVE',
      differences: [
        {
          processId: process,
          process: { desired: 'RUNNING', status: 'EXITED' },
          remedy: 'START',
          nextAttemptAt: null,
          obstacle: null,
        },
      ],
    });
    const { operations } = await gateway.run('{ operations { nodes { actor } } }');
    expect(operations.nodes).toEqual([{ actor: 'anonymous' }]);
    expect(real.starts(process)).toBe(1);
    expect((await world.change('startProcess', process, 'PT1M')).state).toBe('SUCCEEDED');
    expect((await gateway.run(DIFFERENCES)).supervisor.differences).toEqual([]);
    expect([real.starts(process), real.doubles()]).toEqual([2, 0]);
  });
});
