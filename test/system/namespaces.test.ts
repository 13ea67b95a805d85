// Numbers that are used again, a reboot, a full disk: in namespaces, so that the machine itself is left alone.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { KEEPER } from '../kit/node.ts';
import { KeeperShell } from '../kit/shell.ts';
import { can, find } from './needs.ts';

const SCRIPT = fileURLToPath(new URL('./namespaces.sh', import.meta.url));

describe.skipIf(!can('the keeper in namespaces', ['unshare', 'mount', 'dash', 'setsid'], { root: true }))(
  'a keeper',
  () => {
    it.each([false, true])('is not fooled by pids, reboots and full disks (without flock: %s)', async (noFlock) => {
      const keeper = new KeeperShell({ name: 'dash', shell: find('dash') ?? '', noFlock });
      const words = ['-pfm', '--kill-child', '/bin/sh', SCRIPT, KEEPER];
      const { stdout, stderr } = spawnSync('unshare', words, { env: keeper.env, encoding: 'utf8', timeout: 50_000 });
      await keeper.close();
      const lines = stdout.trim().split('\n');
      expect(
        lines.filter((line) => !line.startsWith('ok ')),
        stderr,
      ).toEqual([]);
      expect(lines).toHaveLength(18);
    });
  },
);
