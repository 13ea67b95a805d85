// Machines that cannot keep processes: each says in one typed error what is missing, and the link is not made.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cleanUp, fleet, node } from '../kit/fleet.ts';
import { can, find } from './needs.ts';

cleanUp();

const folder = mkdtempSync(join(tmpdir(), 'gantry-faults-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TOOLS = 'sh cat chmod cp find grep ln mkdir mkfifo mv readlink rm setsid sleep tail uname'.split(' ');

/** A PATH with all that a keeper needs but one. */
function without(tool: string): string {
  const bin = join(folder, `without-${tool}`);
  mkdirSync(bin);
  for (const each of TOOLS) if (each !== tool) symlinkSync(find(each) ?? '', join(bin, each));
  return bin;
}

/** Each log-in is in a mount namespace of its own, which these words change first. */
const inNamespace = (words: string) => `exec unshare -m /bin/sh -c '${words} && exec /bin/sh'`;

const needsNamespaces = !can('nodes with a read-only home, or without /proc', ['unshare', 'mount'], { root: true });

describe.skipIf(needsNamespaces)('a node', () => {
  const HOME_READ_ONLY = 'mount --bind "$HOME" "$HOME" && mount -o remount,bind,ro "$HOME"';
  it.each([
    ['a home that is read-only', inNamespace(HOME_READ_ONLY), 'lacks a writable folder'],
    ['no /proc', inNamespace('mount -t tmpfs tmpfs /proc'), 'lacks a Linux /proc'],
  ])('with %s says so', async (_what, loginNoise, message) => {
    const made = await node({ loginNoise });
    const t = fleet({ connectTimeoutMs: 30_000 });
    const found = await t.reach(made.target(), 'UNSUPPORTED');
    expect(found).toMatchObject({ reason: 'UNSUPPORTED', message: expect.stringContaining(message) });
  });

  it('whose home becomes read-only while something runs there says so, and what runs goes on', async () => {
    const home = mkdtempSync(join(folder, 'home-'));
    const [made, t] = [await node({ home }), fleet({ connectTimeoutMs: 30_000 })];
    const { nodeId } = await t.reach(made.target());
    const sleeper = { command: ['sleep', '1000'], env: {}, restart: 'NEVER' } as const;
    const { pid } = await t.fleet.start(nodeId, 'a', sleeper, { timeoutMs: 30_000 });
    const spoilt = await node({ home, loginNoise: inNamespace(HOME_READ_ONLY) });
    const found = await t.reach(spoilt.target({ id: 'NDRO' }), 'UNSUPPORTED');
    expect(found.message).toContain('lacks a writable folder');
    expect(await t.fleet.refresh(nodeId, { timeoutMs: 30_000 })).toMatchObject([{ state: 'RUNNING', pid }]);
  });
});

describe('a node', () => {
  it.each(['setsid', 'mkfifo', 'grep', 'readlink'])('without %s names it', async (tool) => {
    const made = await node({ env: { PATH: without(tool) } });
    const t = fleet({ connectTimeoutMs: 30_000 });
    const found = await t.reach(made.target(), 'UNSUPPORTED');
    expect(found).toMatchObject({ reason: 'UNSUPPORTED', message: expect.stringContaining(`the program ${tool}`) });
  });

  it('lets nobody in whose login shell is nologin, and says what that said', async () => {
    if (!can('an account with nologin', ['nologin'])) return;
    const made = await node({ loginNoise: `exec ${find('nologin')}` });
    const t = fleet({ connectTimeoutMs: 30_000 });
    const found = await t.reach(made.target(), 'UNSUPPORTED');
    expect(found.message).toContain('This account is currently not available');
  });
});
