// Artifacts against real SSH servers and their SFTP, a disk that is full, and a gateway that is killed.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { artifactsOn, type Build, makeBuild, type Tree, treeOf, wanted } from '../kit/artifact.ts';
import { testFleet } from '../kit/listener.ts';
import { until } from '../kit/until.ts';
import { can, find } from './needs.ts';
import { type Kind, makeUser, RealServer, type ServerOptions, type User } from './servers.ts';

const USERS = ['useradd', 'userdel', 'chpasswd', 'bash'];
const SFTP_SERVER = '/usr/lib/openssh/sftp-server';
const external = { config: [`Subsystem sftp ${SFTP_SERVER}`] };
const internal = { config: ['Subsystem sftp internal-sftp'] };

const NAMES = ['a b', '-rf', 'line\nbreak', 'back\\slash', 'grüße 🚀', 'quo\'te"s', '$HOME `x`', '.hidden'];
const TREE: Tree = {
  ...Object.fromEntries(NAMES.map((name) => [`${name}/${name}`, name])),
  'bin/run*': '#!/bin/sh\nexec sleep 1000\n',
  'bin/again': '->run',
  empty: '',
  nothing: null,
  large: randomBytes(5_000_000).toString('base64'),
};

const builds: Build[] = [];
afterEach(() => {
  for (const build of builds.splice(0)) build.remove();
});

function build(tree: Tree): Build {
  const made = makeBuild(tree);
  builds.push(made);
  return made;
}

/** A server and a user for the tests of one `describe`. */
function machine(kind: Kind, options: ServerOptions | ((user: User) => ServerOptions), bashrc = '') {
  const made = {} as { server: RealServer; user: User };
  beforeAll(async () => {
    made.user = makeUser(find('bash') ?? '', bashrc);
    made.server = new RealServer(kind, typeof options === 'function' ? options(made.user) : options);
    await made.server.start();
  });
  afterAll(async () => {
    await made.server.close();
    await made.user.remove();
  });
  return made;
}

const bringTo = async ({ server, user }: { server: RealServer; user: User }, path: string) => {
  await using test = testFleet();
  const { nodeId } = await test.reach(server.target(user));
  return await test.fleet.bring(nodeId, await wanted(path));
};

const table: [string, Kind, ServerOptions, string[]][] = [
  ['OpenSSH with sftp-server', 'openssh', external, ['sshd', 'ssh-keygen']],
  ['OpenSSH with internal-sftp', 'openssh', internal, ['sshd', 'ssh-keygen']],
  ['dropbear', 'dropbear', {}, ['dropbear', 'dropbearkey']],
];

for (const [what, kind, options, programs] of table) {
  const possible = can(`artifacts with ${what}`, [...programs, ...USERS], { root: true }) && existsSync(SFTP_SERVER);
  describe.skipIf(!possible)(`a node behind ${what}`, () => {
    const node = machine(kind, options);

    it('takes an artifact as it is, runs what is in it, and keeps only what is needed', async () => {
      await using test = testFleet();
      const { nodeId } = await test.reach(node.server.target(node.user));
      const { path, write } = build(TREE);
      const first = await test.fleet.bring(nodeId, await wanted(path, { spare: 0 }));
      expect(treeOf(first)).toEqual(treeOf(path));
      const timeout = { timeoutMs: 30_000 };
      await test.fleet.start(nodeId, 'a', { command: [`${first}/bin/run`], env: {}, restart: 'NEVER' }, timeout);
      write({ version: '2' });
      await test.fleet.bring(nodeId, await wanted(path, { spare: 0 }));
      write({ version: '3' });
      await test.fleet.bring(nodeId, await wanted(path, { spare: 0 }));
      expect(artifactsOn(node.user)).toHaveLength(2);
      expect(existsSync(first)).toBe(true);
      await test.fleet.stop(nodeId, 'a', { graceMs: 2_000, timeoutMs: 30_000 });
    });

    it('has it whole after the gateway was killed in the middle and came back', async () => {
      const { path } = build({ large: '' });
      truncateSync(join(path, 'large'), 60_000_000);
      const { server, user } = node;
      const env = {
        PATH: process.env.PATH,
        PORT: String(server.port),
        USERNAME: user.name,
        PASSWORD: user.password,
        ARTIFACT: path,
      };
      const main = fileURLToPath(new URL('./artifact-child.ts', import.meta.url));
      const child = spawn(process.execPath, ['--experimental-transform-types', '--no-warnings', main], {
        env,
        stdio: 'ignore',
      });
      const isUnderWay = () =>
        artifactsOn(user).some((name) => {
          const file = join(user.folder, 'artifacts', name, 'content/app/large');
          return name.startsWith('upload-') && existsSync(file) && statSync(file).size > 0;
        });
      await until('it is under way, or done', () => isUnderWay() || child.exitCode !== null);
      // Only a machine that paused for all of the copy has not seen it.
      expect(child.exitCode ?? 0).toBe(0);
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      const there = await bringTo(node, path);
      expect(statSync(join(there, 'large')).size).toBe(60_000_000);
      await until('nothing is left', async () => {
        await bringTo(node, path);
        return !artifactsOn(user).some((name) => name.startsWith('upload-'));
      });
    });
  });
}

const openssh = can('artifacts and the limits of sshd', ['sshd', 'ssh-keygen', ...USERS], { root: true });
describe.skipIf(!openssh)('a node whose sshd', () => {
  const refusal = async (node: { server: RealServer; user: User }) => {
    const failure = await bringTo(node, build({ a: 'a' }).path).catch((error: unknown) => error);
    expect(artifactsOn(node.user)).toEqual([]);
    return failure;
  };

  describe('has no SFTP', () => {
    const node = machine('openssh', {});
    it('is told as such', async () => expect(await refusal(node)).toMatchObject({ reason: 'NO_SFTP' }));
  });

  describe('has an SFTP server that is not there', () => {
    const node = machine('openssh', { config: ['Subsystem sftp /nowhere/sftp-server'] });
    it('is told as such', async () => expect(await refusal(node)).toMatchObject({ reason: 'NO_SFTP' }));
  });

  describe('allows one channel only', () => {
    const node = machine('openssh', { config: [...internal.config, 'MaxSessions 1'] });
    it('is told as such', async () => expect(await refusal(node)).toMatchObject({ reason: 'NO_SFTP' }));
  });

  describe('has a login shell that prints, before sftp-server', () => {
    const node = machine('openssh', external, 'echo Welcome, welcome, welcome\n');
    it('is told as such', async () => expect(await refusal(node)).toMatchObject({ reason: 'NO_SFTP' }));
  });
});

const full = can('artifacts on a full disk', ['sshd', 'ssh-keygen', 'unshare', 'mount', ...USERS], { root: true });
describe.skipIf(!full)('a node whose disk is full', () => {
  const folderOf = (user: User) => join(user.folder, 'artifacts');
  // A small disk of its own, which goes with the server.
  const small = (user: User) => {
    const script =
      'mkdir -p "$1" && mount -t tmpfs -o size=4m,mode=777 none "$1" && chown "$2:" "$1/.." && shift 2 && exec "$@"';
    return { ...internal, before: ['unshare', '-m', 'sh', '-c', script, 'sh', folderOf(user), user.name] };
  };
  const node = machine('openssh', small);
  const inside = () => ({ folder: join(`/proc/${node.server.pid}/root`, node.user.folder) });

  it('is told before anything is sent, if that can be known', async () => {
    const { path } = build({ large: randomBytes(6_000_000) });
    const failure = await bringTo(node, path).catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason: 'DISK_FULL', message: expect.stringMatching(/needs 6\.0 MB .* left/) });
    expect(artifactsOn(inside())).toEqual([]);
  });

  it('is told when it becomes so on the way, and is left as it was; with room again it works', async () => {
    await using test = testFleet();
    const { nodeId } = await test.reach(node.server.target(node.user));
    const { path } = build({ large: randomBytes(3_000_000) });
    const filler = join(inside().folder, 'artifacts', 'place.filler');
    let isFilled = false;
    const fill = () => {
      if (isFilled) return;
      isFilled = true;
      writeFileSync(filler, Buffer.alloc(2_500_000));
    };
    const it = await wanted(path, { progress: fill });
    const failure = await test.fleet.bring(nodeId, it).catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason: 'DISK_FULL' });
    expect(artifactsOn(inside())).toEqual([]);
    truncateSync(filler, 0);
    await test.fleet.bring(nodeId, it);
    const file = join(inside().folder, 'artifacts', it.hash, 'app/large');
    expect(readFileSync(file)).toEqual(readFileSync(join(path, 'large')));
    expect(readdirSync(join(inside().folder, 'artifacts'))).toContain(it.hash);
  });
});
