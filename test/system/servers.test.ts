// The fleet against real SSH servers, with real users and their login shells.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProcessSpec } from '../../src/fleet/types.ts';
import { Secret } from '../../src/secret.ts';
import { testFleet } from '../kit/listener.ts';
import { until } from '../kit/until.ts';
import { can, find } from './needs.ts';
import { type Kind, keyPair, makeUser, RealServer, type User } from './servers.ts';

const sleeper: ProcessSpec = { command: ['sleep', '1000'], env: { GREETING: "it's `x` $HOME" }, restart: 'NEVER' };
const timeout = { timeoutMs: 20_000 };
const stopNow = { graceMs: 2_000, timeoutMs: 20_000 };

function statistics(what: string, milliseconds: number[]): void {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const part = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(1);
  process.stderr.write(`${what}: p50 ${part(0.5)} ms, p95 ${part(0.95)} ms, most ${part(1)} ms\n`);
}

const table: [Kind, string[]][] = [
  ['openssh', ['sshd', 'ssh-keygen']],
  ['openssh, prompt only', ['sshd', 'ssh-keygen']],
  ['dropbear', ['dropbear', 'dropbearkey']],
];

for (const [kind, programs] of table) {
  const possible = can(`the fleet with ${kind}`, [...programs, 'useradd', 'userdel', 'chpasswd', 'bash', 'dash'], {
    root: true,
  });
  describe.skipIf(!possible)(`a node behind ${kind}`, () => {
    const server = new RealServer(kind);
    const users: User[] = [];
    let user: User;

    beforeAll(async () => {
      user = makeUser(find('bash') ?? '');
      users.push(user);
      await server.start();
    });
    afterAll(async () => {
      await server.close();
      for (const one of users) await one.remove();
    });

    it('answers a ping', async () => {
      await using test = testFleet();
      const result = await test.fleet.ping(server.target(user));
      expect(result).toMatchObject({ reachable: true, system: expect.stringMatching(/^Linux /) });
      expect(result.hostKeys[0]?.type).toBe('ssh-ed25519');
    });

    it('starts, tells of a crash by itself, and stops', async () => {
      await using test = testFleet();
      const { nodeId } = await test.reach(server.target(user));
      const { pid } = await test.fleet.start(nodeId, 'a', sleeper, timeout);
      await until('it sees its environment', () =>
        readFileSync(`/proc/${pid}/environ`, 'utf8').includes("GREETING=it's `x` $HOME"),
      );
      process.kill(pid, 'SIGKILL');
      const crash = await until('the crash is told', () => {
        const latest = test.heard.latest(nodeId, 'a');
        return latest?.state === 'EXITED' && latest;
      });
      expect(crash).toMatchObject({ exitCode: 137, signal: 'SIGKILL' });
      await test.fleet.start(nodeId, 'a', sleeper, timeout);
      expect(await test.fleet.stop(nodeId, 'a', stopNow)).toEqual({ exitCode: 143, signal: 'SIGTERM' });
      await test.fleet.remove(nodeId, 'a', timeout);
    });

    it('reads and follows the log of a process', async () => {
      await using test = testFleet();
      const { nodeId } = await test.reach(server.target(user));
      const script =
        'n=0; while [ $n -lt 20000 ]; do n=$((n+1)); echo $n; done; sleep 1; printf "\\033[2J\\n"; sleep 1000';
      await test.fleet.start(nodeId, 'l', { command: ['sh', '-c', script], env: {}, restart: 'NEVER' }, timeout);
      const lines: string[] = [];
      for await (const part of test.fleet.followLog(nodeId, 'l', { last: 1_000, timeoutMs: 5_000 })) {
        lines.push(...part.lines.map(({ text }) => text));
        if (lines.at(-1) === '\\x1b[2J') break;
      }
      const numbers = lines.slice(0, -1).map(Number);
      expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, n) => 20_001 - numbers.length + n));
      const page = await test.fleet.log(nodeId, 'l', { last: 1_000, timeoutMs: 5_000 });
      expect(page.lines.slice(-2).map(({ text }) => text)).toEqual(['20000', '\\x1b[2J']);
      await test.fleet.stop(nodeId, 'l', stopNow);
    });

    it('finds everything as it was when its sessions were killed', async () => {
      await using test = testFleet();
      const { nodeId } = await test.reach(server.target(user));
      const { pid } = await test.fleet.start(nodeId, 'b', sleeper, timeout);
      const seen = test.heard.connections.length;
      server.killSessions();
      await until('the link is remade', () =>
        test.heard.connections.slice(seen).some(({ state }) => state === 'CONNECTED'),
      );
      expect(await test.fleet.start(nodeId, 'b', sleeper, timeout)).toEqual({ outcome: 'ALREADY', pid });
      await test.fleet.stop(nodeId, 'b', stopNow);
    });

    it('refuses a wrong password, once', async () => {
      await using test = testFleet();
      await test.reach(server.target(user, { password: new Secret('wrong') }), 'AUTH_FAILED', 20_000);
      expect(test.heard.connections.map(({ state }) => state)).toEqual(['CONNECTING', 'AUTH_FAILED']);
    });

    it('takes a key', async () => {
      await using test = testFleet();
      await test.reach(server.target(user, { password: undefined, privateKey: new Secret(keyPair.private) }));
    });

    it('works with login shells that are others, or noisy', async () => {
      const noisy = 'echo Welcome to the machine; echo GANTRY1 x y z; printf "no newline"; echo complaint >&2\n';
      for (const one of [makeUser(find('dash') ?? ''), makeUser(find('bash') ?? '', noisy)]) {
        users.push(one);
        await using test = testFleet();
        const { nodeId } = await test.reach(server.target(one));
        expect((await test.fleet.start(nodeId, 'c', sleeper, timeout)).outcome).toBe('STARTED');
        await test.fleet.stop(nodeId, 'c', stopNow);
      }
    });

    it('is quick', async () => {
      await using test = testFleet();
      const { nodeId } = await test.reach(server.target(user));
      const [starts, crashes]: [number[], number[]] = [[], []];
      for (let n = 0; n < 30; n++) {
        const from = performance.now();
        const { pid } = await test.fleet.start(nodeId, 'q', sleeper, timeout);
        starts.push(performance.now() - from);
        const killed = performance.now();
        process.kill(pid, 'SIGKILL');
        const told = () => test.heard.events.some(({ observation }) => observation.state === 'EXITED');
        while (!told()) await new Promise((resolve) => setImmediate(resolve));
        crashes.push(performance.now() - killed);
        test.heard.events.length = 0;
      }
      statistics(`${kind}: start`, starts);
      statistics(`${kind}: kill -9 to event`, crashes);
      expect(crashes.toSorted((a, b) => a - b)[15]).toBeLessThan(500);
    });

    it('is told apart when its host key has changed', async () => {
      await using test = testFleet();
      await test.reach(server.target(user));
      await server.stop();
      await server.start();
      await until('the change is noticed', () => test.fleet.connection('ND1')?.state === 'HOST_KEY_CHANGED');
    });
  });
}
