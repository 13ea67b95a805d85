// The version of an artifact: a hash over all that matters of it, and over nothing else.
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Contents } from '../../src/fleet/artifacts/content.ts';
import { type Build, makeBuild, type Tree } from '../kit/artifact.ts';

const builds: Build[] = [];
afterEach(() => {
  for (const build of builds.splice(0)) build.remove();
});

function build(tree: Tree): Build {
  const made = makeBuild(tree);
  builds.push(made);
  return made;
}

const hashOf = async (path: string) => (await new Contents().read(path)).hash;

describe('the version of an artifact', () => {
  it('changes with names, contents, executable bits and links, and with nothing else', async () => {
    const { path, write } = build({ 'bin/run*': 'echo', 'conf/app.ini': 'port=1\n', empty: '', nothing: null });
    const contents = new Contents();
    const seen = new Set<string>();
    const isNew = async () => {
      const { hash } = await contents.read(path);
      expect(hash).toBe(await hashOf(path));
      return seen.size !== seen.add(hash).size;
    };
    expect(await isNew()).toBe(true);
    expect(await isNew()).toBe(false);
    write({ 'conf/app.ini': 'port=2\n' });
    expect(await isNew()).toBe(true);
    write({ more: '' });
    expect(await isNew()).toBe(true);
    rmSync(join(path, 'more'));
    expect(await isNew()).toBe(false);
    write({ link: '->empty' });
    expect(await isNew()).toBe(true);
    chmodSync(join(path, 'empty'), 0o744);
    expect(await isNew()).toBe(true);
    chmodSync(join(path, 'empty'), 0o755);
    expect(await isNew()).toBe(false);
    write({ 'conf/app.ini': 'port=3\n' });
    expect(await isNew()).toBe(true);
  });

  it.each([
    ['is not there', {}, 'is not there', 'missing'],
    ['has a link to elsewhere', { link: '->/etc/passwd' }, 'leads out'],
    ['has a link out of it', { link: '->../../x' }, 'leads out'],
    ['has a link through a link out of it', { 'a/b/up': '->../..', 'a/b/out': '->up/../..' }, 'leads out'],
    ['has a link to nothing', { link: '->gone' }, 'leads out'],
  ] as const)('is not to be had if it %s', async (_what, tree: Tree, message, name?: string) => {
    const { path } = build(tree);
    await expect(hashOf(name ? join(path, name) : path)).rejects.toMatchObject({
      reason: 'ARTIFACT_UNUSABLE',
      message: expect.stringContaining(message),
    });
  });
});
