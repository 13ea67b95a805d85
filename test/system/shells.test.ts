// The keeper's promises in other shells, and without flock.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { keeperChecks } from '../kit/keeper-checks.ts';
import type { ShellVariant } from '../kit/shell.ts';
import { can, find } from './needs.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-shells-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** busybox with nothing but busybox in PATH: its own flock, setsid, grep, find. */
function busybox(): ShellVariant {
  const bin = join(folder, 'busybox');
  mkdirSync(bin);
  execFileSync(find('busybox') ?? '', ['--install', '-s', bin]);
  return { name: 'busybox alone', shell: join(bin, 'sh'), path: bin };
}

/** A shell that takes an option to behave needs a program of its own: the keeper is given one word. */
function bashPosix(): ShellVariant {
  const file = join(folder, 'bash-posix');
  writeFileSync(file, `#!/bin/sh\nexec ${find('bash')} --posix "$@"\n`);
  chmodSync(file, 0o755);
  return { name: 'bash --posix', shell: file };
}

const table: [string, () => ShellVariant][] = [
  ['dash', () => ({ name: 'dash', shell: find('dash') ?? '' })],
  ['dash', () => ({ name: 'dash without flock', shell: find('dash') ?? '', noFlock: true })],
  ['busybox', busybox],
  ['mksh', () => ({ name: 'mksh', shell: find('mksh') ?? '' })],
  ['bash', bashPosix],
];

for (const [program, variant] of table) {
  if (can(`the keeper in ${program}`, [program])) keeperChecks(variant());
  else describe(`the keeper in ${program}`, () => it.skip(`needs ${program}`, () => {}));
}
