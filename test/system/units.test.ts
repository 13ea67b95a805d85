// The keeper's promises where processes are units of systemd, and what only units can promise.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keeperChecks } from '../kit/keeper-checks.ts';
import { KeeperShell, lives, type ShellVariant } from '../kit/shell.ts';
import { until } from '../kit/until.ts';
import { find } from './needs.ts';
import { startUserManager } from './systemd.ts';

// Before the tests are counted: whether there are any depends on it.
const manager = await startUserManager('processes as units of systemd');
afterAll(() => manager?.close());

if (manager) {
  const variant: ShellVariant = { name: 'units of systemd', shell: '/bin/sh', units: manager };
  keeperChecks(variant);
  describe('a process that is a unit', () => unitChecks(variant));
} else describe('processes as units', () => it.skip('needs a user manager of systemd', () => {}));

function unitChecks(variant: ShellVariant): void {
  let keeper: KeeperShell;
  beforeAll(() => {
    keeper = new KeeperShell(variant);
  });
  afterAll(() => keeper.close());

  /** A process whose grandchild takes no TERM, has a session of its own and forgets its environment. -> pid of that */
  async function startEscape(id: string, driver: 'systemd' | 'keeper'): Promise<number> {
    const file = join(keeper.work, `${id}-pid`);
    const script = join(keeper.work, `${id}.sh`);
    const deaf = `trap "" TERM; echo $$ >${file}.new; mv ${file}.new ${file}; while :; do sleep 1; done`;
    writeFileSync(script, `setsid setsid env -i /bin/sh -c '${deaf}' &\nexec sleep 1000\n`);
    keeper.env.GANTRY_KEEPER_DRIVER = driver;
    expect(await keeper.start(id, `set -- sh '${script}'`)).toMatch(/^started/);
    await until('the grandchild is there', () => existsSync(file));
    return Number(readFileSync(file, 'utf8'));
  }

  it('leaves nothing behind that it started, whatever that has left and forgotten', async () => {
    const pid = await startEscape('escape', 'systemd');
    expect(lives(pid)).toBe(true);
    expect(await keeper.stop('escape', 2_000)).toBe('stopped signal:TERM');
    expect(lives(pid)).toBe(false);
  });

  it('is stopped the way it was started, whatever new ones are started as', async () => {
    const pid = await startEscape('turned', 'systemd');
    keeper.env.GANTRY_KEEPER_DRIVER = 'keeper';
    expect(await keeper.start('turned', 'set -- sleep 1000')).toMatch(/^already running/);
    expect(await keeper.stop('turned', 2_000)).toBe('stopped signal:TERM');
    expect(lives(pid)).toBe(false);
    expect(await keeper.start('turned', 'set -- sleep 1000')).toMatch(/^started/);
    keeper.env.GANTRY_KEEPER_DRIVER = 'systemd';
    expect(await keeper.stop('turned', 2_000)).toBe('stopped 143');
  });

  it('ends with what it left behind when it ends by itself', async () => {
    const pid = await startEscape('alone', 'systemd');
    process.kill(Number(keeper.words('alone', 'run')[0]), 'SIGKILL');
    await keeper.reaches('alone', /^exited signal:KILL$/);
    await until('what it left behind is gone', () => !lives(pid));
  });

  it('says which signal it was, and that an exit code is one', async () => {
    keeper.env.GANTRY_KEEPER_DRIVER = 'systemd';
    for (const [script, end] of [
      ['kill -9 $$', 'signal:KILL'],
      ['exit 137', 'exit:137'],
      ['kill -USR1 $$', 'signal:USR1'],
      ['exit 3', '3'],
    ]) {
      await keeper.start('how', `set -- sh -c 'sleep 0.1; ${script}'`);
      await keeper.reaches('how', new RegExp(`^exited ${end}$`));
    }
  });

  it('has the environment of the log-in, not of the manager', async () => {
    keeper.env.FROM_THE_LOGIN = 'it\'s "here"\nand there';
    await keeper.start('env', 'export dir=mine\nset -- env');
    await until('it was printed', () => /GANTRY_TOKEN=/.test(keeper.file('env', 'log')));
    const log = keeper.file('env', 'log');
    expect(log).toContain('FROM_THE_LOGIN=it\'s "here"\nand there\n');
    expect(log).toMatch(/^dir=mine$/m);
    expect(log).not.toMatch(/^(INVOCATION_ID|SYSTEMD_|MANAGERPID|GANTRY_(KEEPER|UNIT))/m);
  });

  it('is told of truthfully when systemd is asked to end it, and is run again by its policy', async () => {
    await keeper.start('byhand', 'set -- sleep 1000', 'always:50:100:50:0:60000:0:0');
    const unit = `gantry-byhand-${keeper.words('byhand', 'run')[3]?.split('-')[0]}.service`;
    execFileSync(find('systemctl') ?? '', ['--user', 'stop', unit], { env: keeper.env });
    await until('it was run again', async () => (await keeper.states()).get('byhand')?.restarts === 1);
    await keeper.reaches('byhand', /^running -$/);
    expect(keeper.file('byhand', 'run')).not.toContain(unit.split('-')[2] ?? unit);
    await keeper.stop('byhand');
  });
}
