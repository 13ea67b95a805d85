// Starters, stoppers, keepers and processes are killed at random. The process itself sees whether there is a second one of it.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { KEEPER } from '../kit/node.ts';
import { KeeperShell, type ShellVariant } from '../kit/shell.ts';
import { until } from '../kit/until.ts';
import { can, find } from './needs.ts';

const ROUNDS = 40;
const chance = (one: number) => Math.random() < 1 / one;

function kill(pid: number | undefined): void {
  try {
    if (pid && pid > 1) process.kill(pid, 'SIGKILL');
  } catch {
    // gone
  }
}

const table: ShellVariant[] = [
  { name: 'dash', shell: find('dash') ?? '' },
  { name: 'dash without flock', shell: find('dash') ?? '', noFlock: true },
];

describe.skipIf(!can('crashes of the keeper', ['dash', 'flock']))('with everything killed at random', () => {
  it.each(table)('nothing runs twice and nothing hangs in $name', { timeout: 120_000 }, async (variant) => {
    const keeper = new KeeperShell(variant);
    const service = join(keeper.work, 'service.sh');
    const [lock, double] = [join(keeper.work, 'lock'), join(keeper.work, 'double')];
    writeFileSync(service, `exec 7>'${lock}'\nflock -n 7 || echo DOUBLE >>'${double}'\nexec sleep 1000\n`);
    const spec = `set -- sh '${service}'`;
    const ask = (words: string[], input = '') => {
      const child = spawn(variant.shell, [KEEPER, ...words], { env: keeper.env, stdio: ['pipe', 'ignore', 'ignore'] });
      child.stdin.on('error', () => {});
      child.stdin.end(input);
      return { child, ended: new Promise((resolve) => child.once('exit', resolve)) };
    };
    for (let round = 0; round < ROUNDS; round++) {
      const asked = [1, 2, 3].map(() => ask(['start', 'a', 'never'], spec));
      if (chance(4)) asked.push(ask(['stop', 'a', 'TERM', '300']));
      if (chance(6)) asked.push(ask(['remove', 'a']));
      await sleep(Math.random() * 90);
      for (const { child } of asked) if (chance(2)) kill(child.pid);
      if (chance(2)) kill(keeper.keeperPid('a'));
      if (chance(3)) kill(Number(keeper.words('a', 'run')[0]));
      await Promise.all(asked.map(({ ended }) => ended));
    }
    await keeper.stop('a', 500);
    expect(await keeper.start('a', spec)).toMatch(/^started/);
    expect(await keeper.state('a')).toBe('running -');
    expect(await keeper.stop('a', 500)).toMatch(/^stopped/);
    expect(existsSync(double) ? readFileSync(double, 'utf8') : '').toBe('');
    await until('all keepers are gone', () => keeper.own().length === 0);
    await keeper.close();
  });
});
