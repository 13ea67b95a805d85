// systemd for tests, in namespaces of its own: a user manager by itself, or a machine that was booted with it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../kit/until.ts';
import { can, find } from './needs.ts';
import { freePort, listens } from './servers.ts';

const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const HIERARCHIES = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'];

export interface UserManager {
  /** What leads programs to it. */
  readonly env: Readonly<Record<string, string>>;
  /** The one folder that its units can write to. */
  readonly base: string;
  /** Ends it and all that runs in its units. */
  close(): Promise<void>;
}

/** Starts one; undefined, and said aloud why, where the machine does not let it. */
export async function startUserManager(what: string): Promise<UserManager | undefined> {
  if (!can(what, ['unshare', 'mount', 'systemctl', 'systemd-run', 'dbus-daemon', 'flock'], { root: true }))
    return undefined;
  const base = mkdtempSync(join(tmpdir(), 'gantry-systemd-'));
  const manager = spawn('unshare', ['-m', '/bin/sh', script('./user-manager.sh'), base], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  manager.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-2_000);
  });
  const env = { XDG_RUNTIME_DIR: join(base, 'manager/run') };
  const close = () => end(manager, base);
  try {
    await until('the user manager runs units', () => manager.exitCode !== null || runsUnits(env));
    if (manager.exitCode !== null) throw new Error('it ended');
    return { env, base, close };
  } catch (error) {
    await close();
    process.stderr.write(`\nSKIPPED: ${what}: no user manager of systemd can be started here: ${error}\n${said}\n`);
    return undefined;
  }
}

function runsUnits(env: Readonly<Record<string, string>>): boolean {
  if (!existsSync(join(env.XDG_RUNTIME_DIR ?? '', 'bus'))) return false;
  try {
    const words = ['--user', '--wait', '--pipe', '-q', '--collect', 'true'];
    execFileSync(find('systemd-run') ?? '', words, {
      env: { ...process.env, ...env },
      stdio: 'ignore',
      timeout: 20_000,
    });
    return true;
  } catch {
    return false;
  }
}

export interface Machine {
  /** Where its SSH server listens, on loopback. */
  readonly port: number;
  /** The one folder that it shares with this machine. */
  readonly folder: string;
  /** Runs words on it, as root, and answers with what they print. */
  inside(...words: string[]): string;
  close(): Promise<void>;
}

/** Boots one whose logind ends what users leave behind; undefined, and said aloud why, where that cannot be. */
export async function bootMachine(what: string): Promise<Machine | undefined> {
  const programs = [
    'unshare',
    'nsenter',
    'mount',
    'setpriv',
    'systemctl',
    'loginctl',
    'dbus-daemon',
    'sshd',
    'useradd',
  ];
  if (!can(what, programs, { root: true })) return undefined;
  const hierarchy = HIERARCHIES.find((each) => existsSync(join(each, 'cgroup.subtree_control')));
  const folder = mkdtempSync(join(tmpdir(), 'gantry-machine-'));
  chmodSync(folder, 0o755);
  const port = await freePort();
  // A cgroup first, the namespace after it: the machine sees that one as the root of all.
  const enter =
    'mkdir "$0" && echo $$ >"$0/cgroup.procs" && exec unshare -pfmCu --kill-child --propagation private "$@"';
  const words = [
    '-c',
    enter,
    join(hierarchy ?? '', basename(folder)),
    '/bin/sh',
    script('./machine.sh'),
    folder,
    String(port),
  ];
  const outer = spawn('/bin/sh', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  outer.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-2_000);
  });
  const inside = (...command: string[]) => {
    const first = readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, 'utf8').trim();
    return execFileSync(find('nsenter') ?? '', ['-t', first, '-m', '-p', '-C', '--', ...command], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 30_000,
    });
  };
  const close = async () => {
    await end(outer, folder);
    rmSync(`${folder}.outside`, { force: true });
  };
  try {
    await until('the machine is up', async () => outer.exitCode !== null || ((await listens(port)) && answers(inside)));
    if (outer.exitCode !== null) throw new Error('it ended');
    return { port, folder, inside, close };
  } catch (error) {
    await close();
    process.stderr.write(`\nSKIPPED: ${what}: no systemd can be booted in namespaces here: ${error}\n${said}\n`);
    return undefined;
  }
}

function answers(inside: Machine['inside']): boolean {
  try {
    return inside('loginctl', 'list-users', '--no-legend') !== undefined;
  } catch {
    return false;
  }
}

/** All that is in its cgroup ends with it, its keepers too; its folder and the empty cgroups go. */
async function end(manager: ChildProcess, base: string): Promise<void> {
  const cgroups = HIERARCHIES.map((hierarchy) => join(hierarchy, basename(base)));
  const ended = new Promise((resolve) => manager.once('exit', resolve));
  if (manager.exitCode === null && manager.signalCode === null) {
    manager.kill('SIGKILL');
    await ended;
  }
  await until('its cgroups are gone', () => cgroups.every(removeCgroup));
  rmSync(base, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** Kills whatever is in there and removes it, deepest first. False: not yet. */
function removeCgroup(folder: string): boolean {
  if (!existsSync(folder)) return true;
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const emptied = below.map((entry) => removeCgroup(join(folder, entry.name)));
  for (const pid of readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it ended by itself
    }
  }
  try {
    rmdirSync(folder);
    return emptied.every(Boolean);
  } catch {
    return false;
  }
}
