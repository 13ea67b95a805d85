// What a keeper connects with to look at health: whichever a node has, each of them to the same end.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkText } from '../kit/keeper-health-checks.ts';
import { KeeperShell, USUAL_PATH } from '../kit/shell.ts';
import { startWeb } from '../kit/web.ts';

// What a keeper needs, and no more: see NEEDED in bootstrap.ts. The rest is everywhere where these are.
const USUAL =
  'sh cat cp find grep head ln ls mkdir mkfifo mv readlink rm setsid sleep tail tr true base64 dd flock'.split(' ');

const folder = mkdtempSync(join(tmpdir(), 'gantry-tools-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const find = (program: string): string | undefined =>
  USUAL_PATH.split(':')
    .map((place) => join(place, program))
    .find((path) => existsSync(path));

/** The program itself: what stands in PATH may be a script that looks for it elsewhere. */
function findPython(): string | undefined {
  try {
    return execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** A folder with the usual programs and this one. */
function only(name: string, tool: string | undefined): string {
  const bin = join(folder, name);
  mkdirSync(bin);
  for (const program of USUAL) {
    const path = find(program);
    if (path) symlinkSync(path, join(bin, program));
  }
  if (tool) symlinkSync(tool, join(bin, name === 'busybox nc' ? 'nc' : name));
  return bin;
}

const table: [string, string, boolean][] = [
  ['bash', 'bash', true],
  ['curl', 'curl', false],
  ['busybox nc', 'busybox', true],
  ['python3', 'python3', true],
];

for (const [name, program, connects] of table) {
  const tool = program === 'python3' ? findPython() : find(program);
  describe.skipIf(!tool)(`a node with ${name} and no other`, () => {
    let keeper: KeeperShell;
    beforeAll(() => {
      keeper = new KeeperShell({ name, shell: '/bin/sh', path: only(name, tool) });
    });
    afterAll(() => keeper.close());

    it('looks at a port and at HTTP with it', async () => {
      const web = await startWeb();
      const place = ['127.0.0.1', String(web.port)];
      await keeper.start('tcp', 'set -- sleep 1000', 'never', checkText('tcp', place));
      await keeper.start('http', 'set -- sleep 1000', 'never', checkText('http', [...place, '/a?b=%20', '200', '299']));
      await keeper.becomes('tcp', connects ? /^healthy ok$/ : /^unknown lacking bash nc python3$/);
      await keeper.becomes('http', /^healthy ok$/);
      expect(web.asked.find((path) => path !== '/a?b=%20')).toBeUndefined();
      web.status = 302;
      await keeper.becomes('http', /^unhealthy status-302$/);
      await web.close();
      await keeper.becomes('http', /^unhealthy no-answer 127\.0\.0\.1 port \d+$/);
      if (connects) await keeper.becomes('tcp', /^unhealthy no-connection/);
    });
  });
}

describe('a node with none of them', () => {
  it('does not know the health of what takes a connection, and names what would do', async () => {
    const keeper = new KeeperShell({ name: 'none', shell: '/bin/sh', path: only('none', undefined) });
    try {
      await keeper.start('tcp', 'set -- sleep 1000', 'never', checkText('tcp', ['127.0.0.1', '1']));
      await keeper.start(
        'http',
        'set -- sleep 1000',
        'never',
        checkText('http', ['127.0.0.1', '1', '/', '200', '299']),
      );
      await keeper.start('command', 'set -- sleep 1000', 'never', checkText('command', ['sh', '-c', 'exit 0']));
      await keeper.becomes('tcp', /^unknown lacking bash nc python3$/);
      await keeper.becomes('http', /^unknown lacking bash curl nc python3$/);
      await keeper.becomes('command', /^healthy ok$/);
    } finally {
      await keeper.close();
    }
  });
});
