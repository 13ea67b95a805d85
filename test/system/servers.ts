// Real SSH servers on loopback with throw-away users. Everything that is made here is ended and removed here, by pid and name.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newKeyPair } from '../../src/demo/node.ts';
import type { NodeTarget } from '../../src/fleet/types.ts';
import { Secret } from '../../src/secret.ts';
import { stopKept } from '../kit/node.ts';
import { until } from '../kit/until.ts';
import { find } from './needs.ts';

const run = (program: string, words: readonly string[], input = '') =>
  execFileSync(find(program) ?? program, words, { input, stdio: ['pipe', 'pipe', 'pipe'] });

export const keyPair = newKeyPair();

export interface User {
  readonly name: string;
  readonly password: string;
  readonly home: string;
  /** The keeper's folder. */
  readonly folder: string;
  remove(): Promise<void>;
}

let users = 0;

/** A user with a password and an authorised key; what is in `bashrc` is printed by its shell, if that is bash. */
export function makeUser(shell: string, bashrc = '', parent = tmpdir()): User {
  const name = `gantry-t${process.pid}-${++users}`;
  const password = `p\u00e4ss "$word'\` ${process.pid}`;
  const base = mkdtempSync(join(parent, 'gantry-user-'));
  chmodSync(base, 0o755);
  const home = join(base, 'home');
  run('useradd', ['-m', '-d', home, '-s', shell, name]);
  run('chpasswd', [], `${name}:${password}\n`);
  const ssh = join(home, '.ssh');
  mkdirSync(ssh, { recursive: true });
  writeFileSync(join(ssh, 'authorized_keys'), `${keyPair.public}\n`);
  writeFileSync(join(home, '.bashrc'), bashrc);
  run('chown', ['-R', `${name}:`, home]);
  chmodSync(ssh, 0o700);
  const folder = join(home, '.gantry');
  return {
    name,
    password,
    home,
    folder,
    async remove() {
      await stopKept(folder);
      run('userdel', ['-f', name]);
      rmSync(base, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

export const listens = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    setTimeout(() => socket.destroy(), 500);
  });

const read = (file: string) => {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
};

const childrenOf = (pid: number | undefined) =>
  read(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number);

export type Kind = 'openssh' | 'openssh, prompt only' | 'dropbear';

export interface ServerOptions {
  /** Further lines for sshd_config. */
  readonly config?: readonly string[];
  /** Words before the server's own: a program that ends as the server. */
  readonly before?: readonly string[];
}

export class RealServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'gantry-sshd-'));
  port = 0;
  /** The files of its host keys; a new one at each start if this is not set. OpenSSH only. */
  hostKeyFiles: readonly string[] | undefined;
  #process: ChildProcess | undefined;
  #keys = 0;
  #log = '';

  constructor(
    readonly kind: Kind,
    private readonly more: ServerOptions = {},
  ) {}

  /** Of the server itself. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts it; called again after `stop` it has the same port and another host key. */
  async start(): Promise<void> {
    this.port ||= await freePort();
    const key = join(this.folder, `hostkey-${++this.#keys}`);
    const [program, words] = this.kind === 'dropbear' ? this.#dropbear(key) : this.#sshd(key);
    const [first = program, ...rest] = [...(this.more.before ?? []), program, ...words];
    this.#process = spawn(first, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#process.stderr?.on('data', (chunk: Buffer) => {
      this.#log = (this.#log + chunk).slice(-4_000);
    });
    await until(`${this.kind} listens`, () => listens(this.port)).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.#log}`);
    });
  }

  /** Makes a host key; answers with its file. */
  newHostKey(type: string, file = join(this.folder, `${type}-${++this.#keys}`)): string {
    run('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', file]);
    return file;
  }

  /** Kills the processes that serve connections: all descendants of the server that are the server's program. */
  killSessions(): void {
    const below = (pid: number | undefined): number[] => childrenOf(pid).flatMap((child) => [...below(child), child]);
    for (const pid of below(this.#process?.pid)) {
      if (/^(sshd|dropbear)/.test(read(`/proc/${pid}/comm`))) process.kill(pid, 'SIGKILL');
    }
  }

  async stop(): Promise<void> {
    const server = this.#process;
    if (!server || server.exitCode !== null) return;
    this.killSessions();
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  target(user: User, overrides: Partial<NodeTarget> = {}): NodeTarget {
    const password = new Secret(user.password);
    return { id: 'ND1', host: '127.0.0.1', port: this.port, username: user.name, password, hostKeys: [], ...overrides };
  }

  #sshd(key: string): [string, string[]] {
    const keys = this.hostKeyFiles ?? [this.newHostKey('ed25519', key)];
    mkdirSync('/run/sshd', { recursive: true });
    const config = join(this.folder, 'sshd_config');
    const lines = [
      `Port ${this.port}`,
      'ListenAddress 127.0.0.1',
      ...keys.map((file) => `HostKey ${file}`),
      'PidFile none',
      'UsePAM yes',
      'StrictModes no',
      `PasswordAuthentication ${this.kind === 'openssh' ? 'yes' : 'no'}`,
      'KbdInteractiveAuthentication yes',
      ...(this.more.config ?? []),
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    return [find('sshd') ?? '', ['-D', '-e', '-f', config]];
  }

  #dropbear(key: string): [string, string[]] {
    run('dropbearkey', ['-t', 'ed25519', '-f', key]);
    return [
      find('dropbear') ?? '',
      ['-F', '-E', '-p', `127.0.0.1:${this.port}`, '-r', key, '-P', join(this.folder, 'pid')],
    ];
  }
}
