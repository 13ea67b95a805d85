// Gateways that are killed while they start processes, one or two at a time: nothing is lost, nothing runs twice.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { testFleet } from '../kit/listener.ts';
import { fakeNode, PASSWORD } from '../kit/node.ts';
import { until } from '../kit/until.ts';
import { counted, PROCESSES } from './gateway-child.ts';
import { can } from './needs.ts';

const CHILD = fileURLToPath(new URL('./gateway-child.ts', import.meta.url));
const ROUNDS = 10;
const timeout = { timeoutMs: 30_000 };

describe.skipIf(!can('killed gateways', ['flock']))('gateways that are killed', () => {
  it('lose nothing and start nothing twice', { timeout: 120_000 }, async () => {
    await using node = await fakeNode();
    for (let round = 0; round < ROUNDS; round++) {
      const env = { ...process.env, PORT: String(node.server.port), HOME_OF_NODE: node.home, PASSWORD };
      const gateways = Array.from({ length: 1 + (round % 2) }, () =>
        spawn(process.execPath, ['--experimental-transform-types', '--no-warnings', CHILD], { env, stdio: 'ignore' }),
      );
      await sleep(300 + Math.random() * 700); // a random moment is the point
      for (const gateway of gateways) gateway.kill('SIGKILL');

      await using t = testFleet();
      const { nodeId } = await t.reach(node.target());
      const ids = Array.from({ length: PROCESSES }, (_, n) => `g${n}`);
      const results = await Promise.all(ids.map((id, n) => t.fleet.start(nodeId, id, counted(node.home, n), timeout)));
      expect(results.every(({ pid }) => pid > 0)).toBe(true);
      const all = await t.fleet.refresh(nodeId, timeout);
      expect(all.filter(({ state }) => state === 'RUNNING')).toHaveLength(PROCESSES);
      const stop = { graceMs: 1_000, ...timeout };
      const some = round % 3 === 0 ? ids : ids.filter((_, n) => n % 2 === 0);
      await Promise.all(some.map((id) => t.fleet.stop(nodeId, id, stop)));
    }
    expect(node.server.accepted).toBeGreaterThan(ROUNDS); // the ones that were killed had got as far as the node
    const double = join(node.home, 'double');
    expect(existsSync(double) ? readFileSync(double, 'utf8') : '').toBe('');
    await until('no watcher of a dead gateway is left', () => readdirSync(join(node.folder, 'watchers')).length === 0);
  });
});
