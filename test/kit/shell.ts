// Runs keeper.sh by itself, in any shell, with a folder of its own.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KEEPER, stopKept } from './node.ts';
import { until } from './until.ts';

export interface ShellVariant {
  readonly name: string;
  /** The program that interprets the keeper. */
  readonly shell: string;
  /** PATH for everything the keeper does; default: the usual one. */
  readonly path?: string;
  readonly noFlock?: boolean;
  /** Processes are units of the user manager that this environment leads to; its folder for keepers is `base`. */
  readonly units?: { readonly env: Readonly<Record<string, string>>; readonly base: string };
}

export const USUAL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface KeptState {
  readonly state: string;
  readonly detail: string;
  readonly pid: number;
  readonly restarts: number;
}

const read = (file: string) => {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
};

/** Whether the pid is a process that is not a zombie. */
export const lives = (pid: number) => {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== '' && !/^ [ZXx]/.test(stat.slice(stat.lastIndexOf(')') + 1));
};

const allPids = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

export class KeeperShell {
  readonly folder: string;
  readonly work: string;
  readonly env: Record<string, string>;

  constructor(private readonly variant: ShellVariant) {
    this.folder = mkdtempSync(join(variant.units?.base ?? tmpdir(), 'gantry-keeper-'));
    this.work = join(this.folder, 'work');
    mkdirSync(this.work);
    this.env = {
      PATH: variant.path ?? USUAL_PATH,
      HOME: this.work,
      GANTRY_KEEPER_DIR: this.folder,
      GANTRY_KEEPER_SH: variant.shell,
      GANTRY_KEEPER_TIDY: '0.5',
      GANTRY_KEEPER_LOG_CAP: '100000',
      ...(variant.noFlock ? { GANTRY_KEEPER_NO_FLOCK: '1' } : {}),
      ...(variant.units ? { ...variant.units.env, GANTRY_KEEPER_DRIVER: 'systemd' } : {}),
    };
  }

  /** What the keeper prints, trimmed; its exit code does not matter here. */
  run(words: readonly string[], input: string | Buffer = ''): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const child = execFile(this.variant.shell, [KEEPER, ...words], { env: this.env }, (_error, stdout) =>
      resolve(stdout.trim()),
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
    return promise;
  }

  start(id: string, spec: string | Buffer, policy = 'never', check?: string): Promise<string> {
    return this.run(['start', id, policy, ...(check === undefined ? [] : [check])], spec);
  }

  stop(id: string, graceMs = 5_000, signal = 'TERM'): Promise<string> {
    return this.run(['stop', id, signal, String(graceMs)]);
  }

  async states(): Promise<Map<string, KeptState>> {
    const lines = (await this.run(['status'])).split('\n').filter(Boolean);
    const entries = lines.map((line): [string, KeptState] => {
      const [, id = '', state = '', detail = '', pid, , , restarts] = line.split(' ');
      return [id, { state, detail, pid: Number(pid), restarts: Number(restarts) }];
    });
    return new Map(entries);
  }

  /** `running -`, `exited 3`, … */
  async state(id: string): Promise<string> {
    const one = (await this.states()).get(id);
    return one ? `${one.state} ${one.detail}` : 'none';
  }

  /** `healthy ok`, `unhealthy exit-3 its words`, …; nothing if it is not looked at. */
  async health(id: string): Promise<string | undefined> {
    const line = (await this.run(['status'])).split('\n').find((each) => each.startsWith(`S ${id} running `));
    const [health, , ...why] = line?.split(' ').slice(8) ?? [];
    return health && [health, ...why].join(' ');
  }

  async becomes(id: string, wanted: RegExp): Promise<string> {
    return until(`${this.variant.name}: the health of ${id} is ${wanted}`, async () => {
      const health = await this.health(id);
      return health !== undefined && wanted.test(health) && health;
    });
  }

  async reaches(id: string, wanted: RegExp): Promise<string> {
    return until(`${this.variant.name}: ${id} is ${wanted}`, async () => {
      const state = await this.state(id);
      return wanted.test(state) && state;
    });
  }

  file(id: string, name: string): string {
    return read(join(this.folder, 'processes', id, name));
  }

  words(id: string, name: string): string[] {
    return this.file(id, name).trim().split(' ');
  }

  keeperPid(id: string): number {
    return Number(this.words(id, 'keep')[0]);
  }

  /** Processes that carry this text in their environment. */
  marked(text: string): number[] {
    return allPids().filter((pid) => lives(pid) && read(`/proc/${pid}/environ`).includes(text));
  }

  /** Keepers and what they run for themselves, in this folder. */
  own(): string[] {
    const mine = this.marked(`GANTRY_KEEPER_DIR=${this.folder}`);
    return mine.map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`);
  }

  async close(): Promise<void> {
    await stopKept(this.folder);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
