// Several operators at once: whatever they press in whatever order, there is one order, each is told the truth, and the last wish wins.
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type Payload, payload } from '../kit/payload.ts';
import { fc, property } from '../kit/property.ts';
import { openScene, type Scene } from '../kit/scene.ts';

const STEPS = `query ($id: ID!) { process(id: $id) {
  desired status steps(first: 100, orderBy: { field: ID }) { nodes { state reason attempts } } } }`;
const PRESSES = { startProcess: 'RUNNING', stopProcess: 'STOPPED', restartProcess: 'RUNNING' } as const;

let scene: Scene;
let real: Payload;
let service: string;

beforeAll(async () => {
  scene = await openScene();
  real = payload(scene.machine.home);
  service = await scene.world.service(real.command());
});

afterAll(() => scene.close());

const press = fc.record({
  which: fc.nat({ max: 2 }),
  mutation: fc.constantFrom('startProcess', 'stopProcess', 'restartProcess') as fc.Arbitrary<keyof typeof PRESSES>,
});

describe('operators who press start, stop and restart at once', () => {
  property(
    'are told the truth, and what the last of them wanted is what is',
    [fc.array(fc.array(press, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 2 })],
    async (waves) => {
      const { world, gateway, node } = scene;
      const processes: string[] = [];
      for (let count = 0; count < 3; count++) processes.push(await world.process(service, node));
      // Those of a wave do not wait for each other.
      for (const wave of waves) {
        const said = await Promise.all(
          wave.map(({ which, mutation }) => world.change(mutation, processes[which] as string, 'PT1M')),
        );
        for (const { steps, state } of said) {
          const [step] = steps.nodes;
          expect([step?.state, step?.reason, state]).toEqual(
            step?.reason === 'SUPERSEDED' ? ['FAILED', 'SUPERSEDED', 'FAILED'] : ['SUCCEEDED', null, 'SUCCEEDED'],
          );
        }
      }
      for (const [which, id] of processes.entries()) {
        const { process } = await gateway.run(STEPS, { id });
        const pressed = waves.flat().filter((each) => each.which === which);
        const wanted = process.steps.nodes.map(({ state }: { state: string }) => state);
        expect(wanted).toHaveLength(pressed.length);
        // Whoever was last in the order got what they wanted, and it is what is.
        if (wanted.length > 0) expect(wanted.at(-1)).toBe('SUCCEEDED');
        expect(process.status).toBe(process.desired);
        const wishes = new Set(pressed.map(({ mutation }) => PRESSES[mutation]));
        if (wishes.size === 1) expect([...wishes]).toEqual([process.desired]);
        if (process.desired === 'STOPPED' && !wishes.has('RUNNING')) expect(real.starts(id)).toBe(0);
      }
      expect(real.doubles()).toBe(0);
    },
    8,
  );
});
