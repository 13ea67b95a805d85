// A user manager of systemd for tests, alone in a mount namespace; and what has to be there for one.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../kit/until.ts';
import { can, find } from './needs.ts';

const SCRIPT = fileURLToPath(new URL('./user-manager.sh', import.meta.url));
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
  const manager = spawn('unshare', ['-m', '/bin/sh', SCRIPT, base], { stdio: ['ignore', 'ignore', 'pipe'] });
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
