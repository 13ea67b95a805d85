// Mortality: the gateway is killed after every commit and beside every word to a node, one after the other. What was asked for comes about
// all the same, under the same id, and nothing is started twice.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Data, TestGateway } from '../kit/gateway.ts';
import { fakeNode } from '../kit/node.ts';
import { payload } from '../kit/payload.ts';
import { until } from '../kit/until.ts';
import { createWorld } from '../kit/world.ts';

const MORTAL = fileURLToPath(new URL('../kit/mortal.ts', import.meta.url));
const PROCESSES = 2;
const NEWEST = '{ operations(first: 1) { nodes { id kind state steps { nodes { state reason } } } } }';

interface Mortal {
  readonly child: ChildProcess;
  run(query: string, variables?: object): Promise<Data>;
  /** Says a word to it; resolves to its answer, or to undefined if it has died. */
  tell(word: string): Promise<string | undefined>;
}

async function openMortal(environment: Record<string, string>): Promise<Mortal> {
  const env = { PATH: process.env.PATH, ...environment };
  const child = spawn(process.execPath, ['--no-warnings', MORTAL], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout });
  const next = () => Promise.race([once(lines, 'line').then(([line]) => line as string), died(child)]);
  const [, url] = (await next())?.split(' ') ?? [];
  const tell = (word: string) => {
    const answer = next();
    child.stdin.write(`${word}\n`);
    return answer;
  };
  const run = async (query: string, variables?: object) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as Data;
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  };
  return { child, run, tell };
}

const isDead = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

async function died(child: ChildProcess): Promise<undefined> {
  if (!isDead(child)) await once(child, 'exit');
}

describe('a gateway that dies at any moment of', () => {
  it.concurrent.each([
    { verb: 'start', before: 'stop', starts: 1, status: 'RUNNING' },
    { verb: 'stop', before: 'start', starts: 0, status: 'STOPPED' },
    { verb: 'restart', before: 'start', starts: 1, status: 'RUNNING' },
  ])('a $verb comes back to finish it', { timeout: 600_000 }, async ({ verb, before, starts, status }) => {
    await using machine = await fakeNode();
    const folder = mkdtempSync(join(tmpdir(), 'gantry-mortal-'));
    const real = payload(machine.home);
    const catalogue = join(folder, 'types.yaml');
    const type = { command: real.command(), settleSeconds: 0.05 };
    writeFileSync(
      catalogue,
      JSON.stringify({ types: { counted: type } }).replaceAll('${', () => '$${'),
    );
    const open = () => openMortal({ GANTRY_DATA: folder, GANTRY_SERVICE_TYPES: catalogue });
    let mortal = await open();
    try {
      const world = await createWorld(mortal as never as TestGateway);
      const node = await world.node(machine);
      const { createService } = await mortal.run(
        'mutation ($input: CreateServiceInput!) { createService(input: $input) { service { id } } }',
        { input: { instance: world.instance, name: 'counted', type: 'counted' } },
      );
      const service = createService.service.id;
      const processes: string[] = [];
      for (let count = 0; count < PROCESSES; count++) processes.push(await world.process(service, node));
      const change = async (word: string) =>
        (
          await mortal.run(
            `mutation ($id: ID!) { ${word}Service(id: $id, wait: "PT1M") { operation { id state steps { nodes { state reason } } } } }`,
            { id: service },
          )
        )[`${word}Service`].operation;
      const newest = async () => (await mortal.run(NEWEST)).operations.nodes[0];
      const counts = () => processes.map((process) => real.starts(process));

      let deaths = 0;
      for (let moment = 1; ; moment++) {
        expect(await change(before)).toMatchObject({ state: 'SUCCEEDED' });
        const [former, countsBefore] = [await newest(), counts()];
        expect(await mortal.tell(`arm ${moment}`)).toBe('armed');
        const answer = await Promise.race([change(verb).catch(() => undefined), died(mortal.child)]);
        const passed = await mortal.tell('passed');
        if (passed !== undefined) {
          expect(answer).toMatchObject({ state: 'SUCCEEDED' });
          break;
        }
        deaths++;
        mortal = await open();
        const found = await newest();
        // It died before anything was asked for: then nothing came of it.
        const wasAsked = found.id !== former.id;
        const ended = await until(
          `the end of the operation, after death ${moment}`,
          async () => {
            const operation = await newest();
            return !['QUEUED', 'RUNNING'].includes(operation.state) && operation;
          },
          60_000,
        );
        expect([moment, ended]).toMatchObject([moment, { id: found.id, state: 'SUCCEEDED' }]);
        if (wasAsked) expect([moment, ended.kind]).toEqual([moment, verb.toUpperCase()]);
        const expected = countsBefore.map((count) => count + (wasAsked ? starts : 0));
        await until(`the counts after death ${moment}`, () => String(counts()) === String(expected));
        if (wasAsked) {
          await until(`${status} after death ${moment}`, async () => {
            const looks = await Promise.all(
              processes.map((id) => mortal.run('query ($id: ID!) { process(id: $id) { status } }', { id })),
            );
            return looks.every(({ process }) => process.status === status);
          });
        }
        expect([moment, real.doubles()]).toEqual([moment, 0]);
      }
      // The moments that were lived through: fewer would mean that they were not met.
      expect(deaths).toBeGreaterThan(10);
    } finally {
      mortal.child.kill('SIGKILL');
      await died(mortal.child);
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
