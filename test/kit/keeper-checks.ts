// What a keeper promises, as one suite that is run over a table of shells.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quote } from '../../src/fleet/quote.ts';
import { keeperHealthChecks } from './keeper-health-checks.ts';
import { KeeperShell, lives, type ShellVariant } from './shell.ts';
import { until } from './until.ts';

const sleeper = 'set -- sleep 1000';
const sh = (script: string) => `set -- sh -c ${quote(script)}`;

/** The descriptors that any program has here: 0, 1, 2, and what the test runner itself was given and hands on. */
function inherited(): string[] {
  const child = spawn('sleep', ['60']);
  const descriptors = readdirSync(`/proc/${child.pid}/fd`);
  child.kill('SIGKILL');
  return descriptors;
}

export function keeperChecks(variant: ShellVariant): void {
  describe(`the keeper in ${variant.name}`, () => {
    let keeper: KeeperShell;
    beforeAll(() => {
      keeper = new KeeperShell(variant);
    });
    afterAll(() => keeper.close());

    // Where the process is a unit, systemd says which signal it was; a shell has a number that may also be an exit code.
    const by = (code: 137 | 143) => (variant.units ? { 137: 'signal:KILL', 143: 'signal:TERM' }[code] : `${code}`);
    const pidOf = async (id: string) => (await keeper.states()).get(id)?.pid ?? 0;

    it('gives a process a clean beginning', async () => {
      expect(await keeper.start('a', sleeper)).toMatch(/^started \d+$/);
      const pid = await pidOf('a');
      expect(await keeper.state('a')).toBe('running -');
      await until('it has become sleep', () => readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('sleep'));
      const status = readFileSync(`/proc/${pid}/status`, 'latin1');
      expect(/SigIgn:\s*(\S+)/.exec(status)?.[1]).toBe('0000000000000000');
      expect(/SigBlk:\s*(\S+)/.exec(status)?.[1]).toBe('0000000000000000');
      expect(/Umask:\s*(\S+)/.exec(status)?.[1]).toBe('0022');
      const [group, session] = readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/.*\) /s, '')
        .split(' ')
        .slice(2)
        .map(Number);
      expect([group, session]).toEqual([pid, pid]);
      expect(readdirSync(`/proc/${pid}/fd`)).toEqual(variant.units ? ['0', '1', '2'] : inherited());
      expect(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')).toBe('');
      const names = readFileSync(`/proc/${pid}/environ`, 'latin1')
        .split('\0')
        .map((pair) => pair.split('=')[0]);
      expect(names.filter((name) => /^(GANTRY|SSH)/.test(name ?? '')).sort()).toEqual(['GANTRY_ID', 'GANTRY_TOKEN']);
    });

    it('starts what runs no second time', async () => {
      expect(await keeper.start('a', sleeper)).toBe(`already running ${await pidOf('a')}`);
    });

    it('stops it, and once more', async () => {
      const pid = await pidOf('a');
      expect(await keeper.stop('a')).toBe(`stopped ${by(143)}`);
      expect(lives(pid)).toBe(false);
      expect(await keeper.state('a')).toBe(`stopped ${by(143)}`);
      expect(await keeper.stop('a')).toBe(`stopped ${by(143)}`);
    });

    it('stops a whole tree that ignores TERM, also what left session and group', async () => {
      const deaf = `sh -c 'trap "" TERM; while :; do sleep 1; done'`;
      const file = join(keeper.work, 'tree.sh');
      const nested = `setsid setsid sh -c 'trap "" TERM; setsid sh -c "trap \\"\\" TERM; while :; do sleep 1; done" & while :; do sleep 1; done'`;
      writeFileSync(
        file,
        `trap '' TERM\n${deaf} &\n${deaf} &\nsetsid ${deaf} &\n${nested}\nwhile :; do sleep 1; done\n`,
      );
      await keeper.start('b', `set -- sh '${file}'`);
      const token = `GANTRY_TOKEN=${keeper.words('b', 'run')[3]}`;
      await until('the tree is there', () => keeper.marked(token).length >= 6);
      const from = performance.now();
      expect(await keeper.stop('b', 1_000)).toBe(`stopped ${by(137)}`);
      expect(performance.now() - from).toBeLessThan(8_000);
      expect(keeper.marked(token)).toEqual([]);
    });

    it('catches exit codes and signals', async () => {
      for (const code of [0, 3, 255]) {
        await keeper.start('c', sh(`sleep 0.1; exit ${code}`));
        await keeper.reaches('c', new RegExp(`^exited ${code === 255 && variant.units ? 'exit:255' : code}$`));
      }
      await keeper.start('c', sleeper);
      process.kill(await pidOf('c'), 'SIGKILL');
      await keeper.reaches('c', new RegExp(`^exited ${by(137)}$`));
    });

    it('says why something cannot begin', async () => {
      const plain = join(keeper.work, 'plain');
      writeFileSync(plain, 'x', { mode: 0o600 });
      expect(await keeper.start('c', 'set -- /no/such/program')).toBe('unrunnable 127');
      expect(await keeper.start('c', 'set -- no-such-program')).toBe('unrunnable 127');
      expect(await keeper.start('c', `set -- ${plain}`)).toBe('unrunnable 126');
      expect(await keeper.start('c', 'cd -- /no/such || exit 125\nset -- sleep 9')).toBe('unrunnable 125');
      expect(await keeper.start('c', "set -- 'unclosed")).toMatch(/^unrunnable/);
      chmodSync(plain, 0o700);
      writeFileSync(plain, '#!/no/such/interpreter\n');
      await keeper.start('c', `set -- ${plain}`);
      await keeper.reaches('c', /^exited 12[67]$/);
    });

    it('refuses ids that are no names, and other nonsense', async () => {
      for (const id of ['../x', '/x', '', '.x', 'a b', '-n', 'a;b', '*', 'a\nb']) {
        expect(await keeper.start(id, sleeper), id).toBe('refused');
        expect(await keeper.stop(id), id).toBe('refused');
        expect(await keeper.run(['remove', id]), id).toBe('refused');
      }
      expect(existsSync(join(keeper.folder, 'x'))).toBe(false);
      expect(await keeper.start('c', sleeper, 'sometimes')).toBe('refused');
      expect(await keeper.stop('c', 0, 'STOP')).toBe('refused');
      expect(await keeper.run(['stop', 'c', 'TERM', '1;2'])).toBe('refused');
    });

    it('starts once and stops for all, however many ask at once', async () => {
      const once = join(keeper.work, 'once');
      const spec = sh(`echo x >>'${once}'; exec sleep 1000`);
      const answers = await Promise.all(Array.from({ length: 20 }, () => keeper.start('d', spec)));
      expect(answers.filter((answer) => answer.startsWith('started'))).toHaveLength(1);
      expect(answers.filter((answer) => answer.startsWith('already'))).toHaveLength(19);
      expect(readFileSync(once, 'latin1')).toBe('x\n');
      const stops = await Promise.all(Array.from({ length: 5 }, () => keeper.stop('d')));
      expect(new Set(stops)).toEqual(new Set([`stopped ${by(143)}`]));
    });

    it('knows what is left when a keeper was killed', async () => {
      await keeper.start('e', sleeper);
      const pid = await pidOf('e');
      process.kill(keeper.keeperPid('e'), 'SIGKILL');
      await keeper.reaches('e', /^running orphan$/);
      expect(await keeper.start('e', sleeper)).toBe(`already running ${pid}`);
      process.kill(pid, 'SIGKILL');
      await keeper.reaches('e', /^lost unknown$/);
      expect(await keeper.start('e', sleeper)).toMatch(/^started/);
      const second = await pidOf('e');
      process.kill(keeper.keeperPid('e'), 'SIGKILL');
      await keeper.reaches('e', /^running orphan$/);
      expect(await keeper.stop('e')).toBe('stopped unknown');
      expect(lives(second)).toBe(false);
    });

    it('runs again what its policy says, and a stop ends that', async () => {
      const runs = join(keeper.work, 'runs');
      await keeper.start('f', sh(`echo x >>'${runs}'; sleep 0.05; exit 7`), 'always');
      await until('the third run', () => existsSync(runs) && readFileSync(runs, 'latin1').length === 6);
      await keeper.reaches('f', /^backoff 7$/);
      expect((await keeper.states()).get('f')?.restarts).toBe(2);
      const from = performance.now();
      expect(await keeper.stop('f')).toBe('stopped 7');
      expect(performance.now() - from).toBeLessThan(2_500);
      expect(await keeper.state('f')).toBe('stopped 7');
      expect(readFileSync(runs, 'latin1')).toHaveLength(6);
      await keeper.start('g', sh('sleep 0.05; exit 0'), 'on-failure');
      await keeper.reaches('g', /^exited 0$/);
      await until('its keeper is done', () => keeper.file('g', 'keep') === '');
    });

    it('waits longer each time, up to the longest wait, and says until when', async () => {
      const runs = join(keeper.work, 'paced');
      const stamp = `read up rest </proc/uptime; echo "$up" >>'${runs}'; exit 1`;
      await keeper.start('s', sh(stamp), 'always:200:300:1000:0:60000:0:0');
      const times = await until('six runs', () => {
        const lines = existsSync(runs) ? readFileSync(runs, 'latin1').trim().split('\n') : [];
        return lines.length >= 6 && lines.slice(0, 6).map(Number);
      });
      const gaps = times.slice(1).map((time, n) => time - (times[n] ?? 0));
      // 0.2, 0.6 and then 1 s; a busy machine makes a wait longer, never shorter.
      for (const [n, least] of [0.19, 0.59, 0.99, 0.99, 0.99].entries())
        expect(gaps[n], `${gaps}`).toBeGreaterThanOrEqual(least);
      expect(gaps[0], `${gaps}`).toBeLessThan(gaps[4] ?? 0);
      const next = await until('the next attempt', async () => {
        const line = (await keeper.run(['status'])).split('\n').find((each) => each.startsWith('S s backoff'));
        return line?.split(' ')[8];
      });
      expect(next).toMatch(/^\d+\.\d$/);
      expect(Number(next)).toBeGreaterThan(times[5] ?? 0);
      expect(await keeper.stop('s')).toBe('stopped 1');
    });

    it('waits as at first after a run that lasted, and leaves out a share of a wait at random', async () => {
      const runs = join(keeper.work, 'healthy');
      const script = `echo x >>'${runs}'; sleep 0.4; exit 1`;
      const reaches = (file: string, count: number) =>
        until(`${count} runs`, () => existsSync(file) && readFileSync(file, 'latin1').length >= 2 * count);
      // Were it not reset, the waits would be 0.1, 1, 10 and 100 s.
      await keeper.start('t', sh(script), 'always:100:1000:86400000:0:300:0:0');
      await reaches(runs, 4);
      await keeper.stop('t', 500);
      // Without the jitter the wait would be an hour; with all of it, it is anything up to that.
      const waits: number[] = [];
      for (let n = 0; n < 4; n++) {
        await keeper.start('u', sh('sleep 0.05; exit 1'), 'always:3600000:200:3600000:100:60000:0:0');
        const next = await until('the next attempt', async () => {
          const line = (await keeper.run(['status'])).split('\n').find((each) => each.startsWith('S u backoff'));
          return line?.split(' ')[8];
        });
        const left = Number(next) - Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]);
        expect(left).toBeLessThan(3_601);
        expect(left).toBeGreaterThan(-2);
        waits.push(left);
        await keeper.stop('u');
      }
      // By chance alone that happens once in a million times.
      expect(Math.min(...waits), `${waits}`).toBeLessThan(3_500);
    });

    it('gives up beyond the limit of restarts, and tries anew when asked to', async () => {
      const runs = join(keeper.work, 'limited');
      const spec = sh(`echo x >>'${runs}'; sleep 0.05; exit 4`);
      const policy = 'on-failure:50:100:50:0:60000:3:60000';
      await keeper.start('v', spec, policy);
      await keeper.reaches('v', /^fatal 4$/);
      expect(readFileSync(runs, 'latin1')).toHaveLength(2 * 4);
      expect((await keeper.states()).get('v')?.restarts).toBe(3);
      await until('its keeper is done', () => keeper.file('v', 'keep') === '');
      expect(await keeper.start('v', spec, policy)).toMatch(/^(started|failed)/);
      expect((await keeper.states()).get('v')?.restarts).toBeLessThan(3);
      await keeper.reaches('v', /^fatal 4$/);
      expect(readFileSync(runs, 'latin1')).toHaveLength(2 * 8);
      expect(await keeper.stop('v')).toBe('stopped 4');
      expect(await keeper.state('v')).toBe('stopped 4');
    });

    it('does not count restarts from before the window', async () => {
      const runs = join(keeper.work, 'windowed');
      await keeper.start('x', sh(`echo x >>'${runs}'; sleep 0.05; exit 4`), 'always:300:100:300:0:60000:2:400');
      await until('more runs than the limit', () => existsSync(runs) && readFileSync(runs, 'latin1').length >= 2 * 5);
      expect(await keeper.stop('x')).toMatch(/^stopped/);
    });

    it('refuses a pace that is none', async () => {
      for (const pace of [
        '1',
        '1:2:3:4:5:6',
        '1:100:1:0:0:0:0:0',
        'x:100:1:0:0:0:0',
        '0:100:1:0:0:0:0',
        '010:100:1:0:0:0:0',
        '1:99:1:0:0:0:0',
        '1:100:1:101:0:0:0',
        '1:100:86400001:0:0:0:0',
        '1:100:1:0::0:0',
        '1:100:1:0:0:0:$(id)',
        '1:100:1:-1:0:0:0',
      ]) {
        expect(await keeper.start('y', sleeper, `always:${pace}`), pace).toBe('refused');
      }
      expect(await keeper.start('y', sleeper, 'always:1:100:1:0:0:0:0')).toMatch(/^started/);
      await keeper.stop('y');
    });

    it('does not try again what never began', async () => {
      expect(await keeper.start('g', 'set -- /no/such', 'always')).toBe('unrunnable 127');
      await until('its keeper is done', () => keeper.file('g', 'keep') === '');
      expect(await keeper.state('g')).toBe('exited 127');
    });

    it('stops what is suspended', async () => {
      await keeper.start('h', sleeper);
      process.kill(await pidOf('h'), 'SIGSTOP');
      expect(await keeper.stop('h', 3_000)).toBe(`stopped ${by(143)}`);
    });

    it('stops by other signals', async () => {
      const ready = join(keeper.work, 'ready');
      await keeper.start('i', sh(`trap 'exit 5' INT; : >'${ready}'; while :; do sleep 0.05; done`));
      await until('its trap is set', () => existsSync(ready));
      expect(await keeper.stop('i', 5_000, 'INT')).toBe('stopped 5');
      await keeper.start('i', sleeper);
      expect(await keeper.stop('i', 5_000, 'KILL')).toBe(`stopped ${by(137)}`);
    });

    it('is not fooled by the names of programs', async () => {
      const names = ['a) R 1 1 (x', '\nl) Z'];
      for (const name of names) {
        const file = join(keeper.work, name);
        copyFileSync('/usr/bin/sleep', file);
        chmodSync(file, 0o700);
        await keeper.start('j', `set -- ${quote(file)} 1000`);
        await until('it has become that', async () =>
          readFileSync(`/proc/${await pidOf('j')}/stat`, 'latin1').includes(name),
        );
        expect(await keeper.state('j')).toBe('running -');
        expect(await keeper.stop('j')).toBe(`stopped ${by(143)}`);
      }
    });

    it('hands on every byte in words and environment, and runs none of it', async () => {
      const trap = join(keeper.work, 'INJECTED');
      const evil = [
        '',
        '-n',
        '--',
        `$(touch ${trap})`,
        '`id`',
        `'; touch ${trap}; '`,
        '"$newline"',
        '\n',
        '\r\n',
        '!!',
        '~root',
        '*',
      ];
      evil.push('{a,b}', '\\', '\\\\n', '%s%n', `'"'"'`, `\${IFS}`, '\x1b[2J');
      for (let byte = 1; byte < 256; byte++) evil.push(String.fromCharCode(byte));
      const random = Array.from({ length: 60 }, () => randomBytes(40).toString('latin1').replaceAll('\0', "'"));
      for (const [round, words] of [evil, random].entries()) {
        const env = words.map((word, n) => `export FZ${n}=${quote(word)}\n`).join('');
        const id = `fuzz${round}`;
        await keeper.start(
          id,
          Buffer.from(`${env}set -- /usr/bin/printf '%s\\0' ${words.map(quote).join(' ')}`, 'latin1'),
        );
        const printed = await until('all of it was printed', () => {
          const parts = keeper.file(id, 'log').split('\0');
          return parts.length > words.length && parts;
        });
        expect(printed.slice(0, -1)).toEqual(words);
        await keeper.start(`${id}env`, Buffer.from(`${env}set -- /usr/bin/env -0`, 'latin1'));
        const wanted = words.map((word, n) => `FZ${n}=${word}`);
        const found = () =>
          keeper
            .file(`${id}env`, 'log')
            .split('\0')
            .filter((pair) => pair.startsWith('FZ'));
        await until('the environment was printed', () => found().length === words.length);
        expect(found().sort()).toEqual(wanted.sort());
      }
      expect(existsSync(trap)).toBe(false);
    });

    it('lets the environment of a process hold names that the keeper uses itself', async () => {
      const names =
        'boot root self shell newline pid state token dir ids child_dir child_token stat_start BOOT PATH'.split(' ');
      const env = names.map((name) => `export ${name}='${name === 'PATH' ? '/bin:/usr/bin' : 'mine'}'\n`).join('');
      await keeper.start('k', `${env}set -- env`);
      await until('it was printed', () => /PATH=/.test(keeper.file('k', 'log')));
      for (const name of names)
        expect(keeper.file('k', 'log')).toMatch(new RegExp(`^${name}=(mine|/bin:/usr/bin)$`, 'm'));
    });

    it('forgets what is down, and only that', async () => {
      await keeper.start('r', sleeper);
      expect(await keeper.run(['remove', 'r'])).toBe('up running');
      await keeper.stop('r');
      expect(await keeper.run(['remove', 'r'])).toBe('removed');
      expect(await keeper.state('r')).toBe('none');
      const all = [
        keeper.run(['remove', 'r']),
        keeper.start('r', sleeper),
        keeper.run(['remove', 'r']),
        keeper.start('r', sleeper),
      ];
      const answers = await Promise.all(all);
      expect(answers.filter((answer) => answer.startsWith('started')).length).toBeGreaterThanOrEqual(1);
      expect(await keeper.state('r')).toBe('running -');
      await keeper.stop('r');
    });

    it('starts what was forgotten while the start waited for its turn', async () => {
      const dir = join(keeper.folder, 'processes', 'w');
      mkdirSync(dir, { recursive: true });
      const holder = spawn('flock', [join(dir, 'op.lock'), 'sleep', '0.6']);
      await until('the lock is there', () => existsSync(join(dir, 'op.lock')));
      const started = keeper.start('w', sleeper);
      await new Promise((resolve) => setTimeout(resolve, 250)); // it waits now, unless its locks are symlinks
      if (holder.exitCode === null && keeper.file('w', 'run') === '') rmSync(dir, { recursive: true });
      expect(await started).toMatch(/^started/);
      expect(await keeper.stop('w')).toBe(`stopped ${by(143)}`);
    });

    it('keeps the log, and caps it', async () => {
      await keeper.start('m', sh('echo out; echo err >&2'));
      await until('both are there', async () => (await keeper.run(['log', 'm'])) === 'out\nerr');
      await keeper.start('l', sh(`while :; do echo ${'a'.repeat(99)}; sleep 0.0005; done`));
      await until(
        'it was cut',
        () => keeper.file('l', 'log.1').length > 100_000 && keeper.file('l', 'log').length < 100_000,
      );
      await keeper.stop('l', 500);
    });

    it('reads a log piece by piece, whatever is in it', async () => {
      const file = join(keeper.work, 'bytes');
      const bytes = randomBytes(30_000);
      writeFileSync(file, bytes);
      await keeper.start('n', `set -- cat '${file}'`);
      await until('it was printed', () => keeper.file('n', 'log').length === bytes.length);
      const read = async (cuts: number, offset: number, count: number) => {
        const lines = (await keeper.run(['log', 'n', String(cuts), String(offset), String(count)])).split('\n');
        const data = lines.filter((line) => /^L 0 [A-Za-z0-9+/=]{1,76}$/.test(line)).map((line) => line.slice(4));
        expect(data).toHaveLength(lines.length - 1);
        return { answer: lines.at(-1), data: Buffer.concat(data.map((line) => Buffer.from(line, 'base64'))) };
      };
      for (const offset of [0, 1, 4095, 4096, 4097, 29_999]) {
        const { answer, data } = await read(0, offset, 5_000);
        expect(answer).toBe('log 0 0 0 0 30000');
        expect(data.length).toBeGreaterThanOrEqual(Math.min(5_000, 30_000 - offset));
        expect(data.length).toBeLessThanOrEqual(5_000 + 4_096);
        expect(data.equals(bytes.subarray(offset, offset + data.length))).toBe(true);
      }
      expect(await read(0, 30_000, 5_000)).toEqual({ answer: 'log 0 0 0 0 30000', data: Buffer.alloc(0) });
      expect((await read(7, 0, 5_000)).data).toHaveLength(0);
      expect(await keeper.run(['log', 'nobody', '0', '0', '100'])).toBe('log 0 0 0 0 0');
      for (const words of [
        ['../n', '0', '0', '1'],
        ['n', 'x', '0', '1'],
        ['n', '0', '-1', '1'],
        ['n', '0', '0', '32769'],
        ['n', '0', '$(id)', '1'],
      ]) {
        expect(await keeper.run(['log', ...words]), words.join()).toBe('refused');
      }
    });

    it('keeps the place of every byte of a log that is cut', async () => {
      const count = 9_000;
      const line = (n: number) => `${String(n).padStart(6, '0')} ${'.'.repeat(42)}\n`;
      await keeper.start(
        'p',
        sh(
          `n=0; while [ $n -lt ${count} ]; do n=$((n + 1)); printf '%06d ${'.'.repeat(42)}\\n' $n; [ $((n % 500)) = 0 ] && sleep 0.1; done; sleep 1000`,
        ),
      );
      await until('it was cut twice', async () => /^log [2-9] /.test(await keeper.run(['log', 'p', '0', '0', '0'])));
      const [, cuts = 0, millions = 0, units = 0, oldSize = 0] = (await keeper.run(['log', 'p', '0', '0', '0']))
        .split(' ')
        .map(Number);
      const before = millions * 1_000_000 + units;
      const lines = (await keeper.run(['log', 'p', String(cuts - 1), '0', '500'])).split('\n');
      const data = Buffer.concat(lines.slice(0, -1).map((each) => Buffer.from(each.slice(4), 'base64'))).toString();
      const at = before - oldSize;
      expect(at).toBeGreaterThan(0);
      // What is written in the moment of a cut is lost; where the counted bytes say it is, no later line stands.
      const first = Number(/^(\d{6}) /m.exec(data)?.[1]);
      expect(data).toContain(line(first));
      expect(first).toBeGreaterThanOrEqual(Math.floor(at / 50));
      expect(first - at / 50).toBeLessThan(600);
      await keeper.stop('p', 500);
    });

    describe('and health', () => keeperHealthChecks(() => keeper));

    it('leaves nothing running when nothing is kept', async () => {
      for (const id of (await keeper.states()).keys()) await keeper.stop(id, 500);
      await until('all keepers are gone', () => keeper.own().length === 0 || undefined).catch(() => {});
      expect(keeper.own()).toEqual([]);
    });
  });
}
