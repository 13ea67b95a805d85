// The keeper's promises in the shell that this machine calls sh.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keeperChecks } from '../kit/keeper-checks.ts';
import { KEEPER } from '../kit/node.ts';
import { KeeperShell } from '../kit/shell.ts';

keeperChecks({ name: '/bin/sh', shell: '/bin/sh' });

it('a start that is killed before its keeper has written a word is not done twice', async () => {
  const keeper = new KeeperShell({ name: '/bin/sh', shell: '/bin/sh' });
  const slow = join(keeper.work, 'slow-sh');
  writeFileSync(slow, '#!/bin/sh\n[ "$2" != keep ] || until [ -e "$0-go" ]; do sleep 0.01; done\nexec /bin/sh "$@"\n', {
    mode: 0o755,
  });
  keeper.env.GANTRY_KEEPER_SH = slow;
  const runs = join(keeper.work, 'runs');
  const spec = `set -- sh -c 'echo x >>"${runs}"; exec sleep 1000'`;
  const first = spawn('/bin/sh', [KEEPER, 'start', 'a', 'never'], {
    env: keeper.env,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  first.stdin.end(spec);
  await new Promise((resolve) => setTimeout(resolve, 300)); // its keeper is on its way and has said nothing
  first.kill('SIGKILL');
  const second = keeper.start('a', spec);
  await new Promise((resolve) => setTimeout(resolve, 300)); // and so is the second one
  writeFileSync(`${slow}-go`, '');
  expect(await second).toMatch(/^started/);
  await new Promise((resolve) => setTimeout(resolve, 1_000)); // both keepers have had their time
  expect(readFileSync(runs, 'utf8')).toBe('x\n');
  await keeper.close();
});
