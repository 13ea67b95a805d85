// What a keeper promises of health: a part of the suite of keepers.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { quote } from '../../src/fleet/quote.ts';
import { freePort } from './fleet.ts';
import { type KeeperShell, lives } from './shell.ts';
import { until } from './until.ts';
import { startWeb } from './web.ts';

const sleeper = 'set -- sleep 1000';

/** Times in milliseconds. A look takes a while on a busy machine, so the usual limit is wide. */
export function checkText(kind: string, words: readonly string[], settings: Partial<typeof USUAL> = {}): string {
  const { interval, timeout, healthy, unhealthy, grace } = { ...USUAL, ...settings };
  return `# ${kind} ${interval} ${timeout} ${healthy} ${unhealthy} ${grace}\nset -- ${words.map(quote).join(' ')}`;
}
const USUAL = { interval: 1000, timeout: 20_000, healthy: 1, unhealthy: 2, grace: 0 };

const command = (script: string) => ['sh', '-c', script];

export function keeperHealthChecks(its: () => KeeperShell): void {
  /** Starts a sleeper that is looked at so. */
  const start = async (id: string, check: string, policy = 'never') => {
    expect(await its().start(id, sleeper, policy, check)).toMatch(/^started/);
  };
  const checkers = (id: string) =>
    its()
      .own()
      .filter((line) => line.includes(` check ${id} `));

  it('looks whether a port takes connections, and says when that changes', async () => {
    const web = await startWeb();
    await start('ha', checkText('tcp', ['127.0.0.1', String(web.port)]));
    expect(await its().becomes('ha', /^healthy/)).toBe('healthy ok');
    await web.close();
    expect(await its().becomes('ha', /^unhealthy/)).toBe(`unhealthy no-connection 127.0.0.1 port ${web.port}`);
    const again = await startWeb(web.port);
    await its().becomes('ha', /^healthy/);
    await again.close();
    await its().stop('ha');
    expect(await its().health('ha')).toBeUndefined();
  });

  it('looks for the status of an HTTP answer, and follows no redirects', async () => {
    const web = await startWeb();
    await start('hb', checkText('http', ['127.0.0.1', String(web.port), '/well?deep=1', '200', '299']));
    await its().becomes('hb', /^healthy ok$/);
    expect(web.asked).toContain('/well?deep=1');
    for (const status of [503, 302, 199 + 1]) {
      web.status = status;
      await its().becomes('hb', status === 200 ? /^healthy ok$/ : new RegExp(`^unhealthy status-${status}$`));
    }
    expect(new Set(web.asked)).toEqual(new Set(['/well?deep=1']));
    await web.close();
    expect(await its().becomes('hb', /^unhealthy/)).toBe(`unhealthy no-answer 127.0.0.1 port ${web.port}`);
    await its().stop('hb');
  });

  it('runs a command in the directory and with the environment of the process', async () => {
    const said = join(its().work, 'said');
    const spec = `cd -- ${quote(its().work)} || exit 125\nexport dir='mine'\nexport FZ=${quote("it's\n$(id)")}\n${sleeper}`;
    const script = `printf '%s %s %s %s' "$PWD" "$dir" "$FZ" "$GANTRY_ID" >'${said}'`;
    await its().start('hc', spec, 'never', checkText('command', command(script)));
    await its().becomes('hc', /^healthy ok$/);
    expect(readFileSync(said, 'latin1')).toBe(`${its().work} mine it's\n$(id) hc`);
    await its().stop('hc');
  });

  it('tells the code of a command and the beginning of what it printed, in one line', async () => {
    const cases: [string, string, RegExp][] = [
      ['hd', 'printf "a\\tb\\nc\\033[2Jé"; exit 7', /^unhealthy exit-7 a b c \[2Jé$/],
      ['he', 'while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done', /^unhealthy timeout$/],
      ['hf', 'printf "%05000d" 0; exit 1', /^unhealthy exit-1 0{200}$/],
      // Some shells say so themselves.
      ['hg', 'kill -s KILL $$', /^unhealthy exit-137( Killed)?$/],
    ];
    for (const [id, script] of cases)
      await start(id, checkText('command', command(script), { timeout: id === 'he' ? 500 : 20_000 }));
    await start('hh', checkText('command', ['/no/such/program']));
    for (const [id, , wanted] of cases) await its().becomes(id, wanted);
    await its().becomes('hh', /^unhealthy exit-127/);
    for (const id of ['hd', 'he', 'hf', 'hg', 'hh']) await its().stop(id);
  });

  it('ends a look that takes too long with all that it began, and never looks twice at once', async () => {
    const file = (name: string) => join(its().work, name);
    const pid = file('look-pid');
    const script = `
      [ -e '${pid}' ] && [ -e "/proc/$(cat '${pid}')/exe" ] && : >'${file('twice')}'
      echo $$ >'${pid}'; echo x >>'${file('looks')}'; sleep 1000 & sleep 1000`;
    await start('hi', checkText('command', command(script), { timeout: 300 }));
    await its().becomes('hi', /^unhealthy timeout$/);
    await until('the fourth look', () => readFileSync(file('looks'), 'latin1').length >= 8);
    expect(existsSync(file('twice'))).toBe(false);
    await its().stop('hi');
    expect(its().marked(`GANTRY_TOKEN=${its().words('hi', 'run')[3]}`)).toEqual([]);
  });

  it('keeps nothing between two looks but the checker and its sleep', async () => {
    await start(
      'hp',
      checkText('command', command('sleep 1000 >/dev/null 2>&1 & exit 1'), { interval: 3_600_000, unhealthy: 1 }),
    );
    await its().becomes('hp', /^unhealthy exit-1/);
    const token = `GANTRY_TOKEN=${its().words('hp', 'run')[3]}`;
    await until('no more than the process, its checker, a sleep', () => its().marked(token).length === 3);
    await its().stop('hp');
    expect(its().marked(token)).toEqual([]);
  });

  it('counts looks up to its thresholds, and starts from nothing at one of the other kind', async () => {
    const sick = join(its().work, 'sick');
    const looks = join(its().work, 'counted');
    const script = `[ -e '${sick}' ] && what=- || what=+; echo $what >>'${looks}'; [ $what = + ]`;
    const file = () => (existsSync(looks) ? readFileSync(looks, 'latin1').replaceAll('\n', '') : '');
    await start('hj', checkText('command', command(script), { healthy: 3, unhealthy: 3 }));
    await its().becomes('hj', /^healthy/);
    expect(file()).toMatch(/^\+{3,}$/);
    writeFileSync(sick, '');
    await its().becomes('hj', /^unhealthy exit-1/);
    expect(file()).toMatch(/-{3,}$/);
    rmSync(sick);
    await its().becomes('hj', /^healthy/);
    expect(file()).toMatch(/-{3,}\+{3,}$/);
    await its().stop('hj');
  });

  it('does not count what fails while a process may still be coming up', async () => {
    const looks = join(its().work, 'early');
    const script = `echo x >>'${looks}'; exit 1`;
    await start('hk', checkText('command', command(script), { unhealthy: 1, grace: 3_600_000 }));
    await until('the fifth look', () => existsSync(looks) && readFileSync(looks, 'latin1').length >= 10);
    expect(await its().health('hk')).toBe('unknown looking');
    await its().stop('hk');
  });

  it('begins anew with each run, by whatever it was started', async () => {
    await start('hl', checkText('command', ['true']), 'always:100:100:100:0:0:0:0');
    await its().becomes('hl', /^healthy/);
    const [before] = checkers('hl');
    const { pid = 0 } = (await its().states()).get('hl') ?? {};
    process.kill(pid, 'SIGKILL');
    await until('the next run is healthy', async () => {
      const now = (await its().states()).get('hl');
      return now?.restarts === 1 && (await its().health('hl')) === 'healthy ok';
    });
    expect(checkers('hl')).toHaveLength(1);
    expect(checkers('hl')).not.toEqual([before]);
    await its().stop('hl');
    expect(await its().start('hl', sleeper)).toMatch(/^started/);
    expect(await its().health('hl')).toBeUndefined();
    expect(checkers('hl')).toEqual([]);
    await its().stop('hl');
  });

  it('says that nobody looks when a checker was killed, and has it looked at again', async () => {
    await start('hm', checkText('command', ['true'], { interval: 3_600_000 }));
    await its().becomes('hm', /^healthy/);
    const killed = Number(checkers('hm')[0]?.split(' ')[0]);
    process.kill(killed, 'SIGKILL');
    await until('another looks', () => {
      const [now] = checkers('hm');
      return now !== undefined && Number(now.split(' ')[0]) !== killed;
    });
    await its().becomes('hm', /^healthy/);
    expect(checkers('hm')).toHaveLength(1);
    await its().stop('hm');
    expect(lives(killed)).toBe(false);
  });

  it('ends a checker with its process, also where the keeper was killed', async () => {
    await start('hn', checkText('command', ['true']));
    await its().becomes('hn', /^healthy/);
    process.kill(its().keeperPid('hn'), 'SIGKILL');
    await its().reaches('hn', /^running orphan$/);
    expect(await its().health('hn')).toBe('healthy ok');
    process.kill((await its().states()).get('hn')?.pid ?? 0, 'SIGKILL');
    await until('its checker is gone', () => checkers('hn').length === 0);
    expect(await its().state('hn')).toBe('lost unknown');
  });

  it('refuses a check that is none', async () => {
    const port = String(await freePort());
    for (const first of [
      'tcp 1000 500 1 1 0',
      '# ping 1000 500 1 1 0',
      '# tcp 999 500 1 1 0',
      '# tcp 1000 99 1 1 0',
      '# tcp 1000 60001 1 1 0',
      '# tcp 1000 500 0 1 0',
      '# tcp 1000 500 1 101 0',
      '# tcp 1000 500 1 1 3600001',
      '# tcp 1000 500 1 1',
      '# tcp 01000 500 1 1 0',
      '# tcp 1000 500 1 $(id) 0',
    ]) {
      const check = `${first}\nset -- 127.0.0.1 ${port}`;
      expect(await its().start('ho', sleeper, 'never', check), first).toBe('refused');
    }
    expect(await its().state('ho')).toBe('none');
  });
}
