// Starting, watching and stopping real processes on a fake node.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FleetError, type ProcessSpec } from '../../src/fleet/types.ts';
import { testFleet } from '../kit/listener.ts';
import { type FakeNode, fakeNode } from '../kit/node.ts';
import { until } from '../kit/until.ts';

const sh = (script: string, more: Partial<ProcessSpec> = {}): ProcessSpec => ({
  command: ['/bin/sh', '-c', script],
  env: {},
  restart: 'NEVER',
  ...more,
});
const sleeper: ProcessSpec = { command: ['sleep', '1000'], env: {}, restart: 'NEVER' };
const timeout = { timeoutMs: 15_000 };
const stopNow = { graceMs: 2_000, timeoutMs: 15_000 };

const dead = (pid: number) => {
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
};

describe('a process on a node', () => {
  let node: FakeNode;
  let test: ReturnType<typeof testFleet>;
  let id: string;

  beforeAll(async () => {
    node = await fakeNode({ env: { GANTRY_KEEPER_WAIT: '1', GANTRY_KEEPER_LOG_CAP: '50000' } });
    test = testFleet();
    id = node.target().id;
    await test.reach(node.target());
  });

  afterAll(async () => {
    await test[Symbol.asyncDispose]();
    await node.close();
  });

  const seen = (processId: string, state: string) =>
    until(`${processId} is ${state}`, () => {
      const latest = test.heard.latest(id, processId);
      return latest?.state === state && latest;
    });

  it('runs after a start, with its pid and start time told', async () => {
    const before = Date.now();
    const { outcome, pid } = await test.fleet.start(id, 'a', sleeper, timeout);
    expect(outcome).toBe('STARTED');
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toBe('sleep\x001000\0');
    const running = await seen('a', 'RUNNING');
    expect(running).toMatchObject({ pid, restarts: 0 });
    expect(Math.abs((running.startedAt?.getTime() ?? 0) - before)).toBeLessThan(5_000);
  });

  it('is started once by a start of what runs', async () => {
    const first = await test.fleet.start(id, 'twice', sleeper, timeout);
    expect(await test.fleet.start(id, 'twice', sleeper, timeout)).toEqual({ outcome: 'ALREADY', pid: first.pid });
  });

  it('stops when asked to, and says how it ended', async () => {
    const { pid } = await test.fleet.start(id, 's', sleeper, timeout);
    expect(await test.fleet.stop(id, 's', stopNow)).toEqual({ exitCode: 143, signal: 'SIGTERM' });
    expect(dead(pid)).toBe(true);
    expect(await seen('s', 'STOPPED')).toMatchObject({ asked: true, exitCode: 143, signal: 'SIGTERM' });
    expect(await test.fleet.stop(id, 's', stopNow)).toEqual({ exitCode: 143, signal: 'SIGTERM' });
  });

  it('is stopped already if the node never heard of it', async () => {
    expect(await test.fleet.stop(id, 'nobody', stopNow)).toEqual({});
  });
  it('tells of its exit code by itself', async () => {
    await test.fleet.start(id, 'code', sh('sleep 0.2; exit 3'), timeout);
    const exited = await seen('code', 'EXITED');
    expect(exited).toMatchObject({ exitCode: 3, asked: false });
    expect(exited).not.toHaveProperty('signal');
    expect(exited.endedAt).toBeInstanceOf(Date);
  });

  it('tells of a kill -9 by itself', async () => {
    const { pid } = await test.fleet.start(id, 'k9', sleeper, timeout);
    process.kill(pid, 'SIGKILL');
    expect(await seen('k9', 'EXITED')).toMatchObject({ exitCode: 137, signal: 'SIGKILL', asked: false });
  });

  it('is lost when its keeper is killed along with it, and can be started again', async () => {
    const { pid } = await test.fleet.start(id, 'lost', sleeper, timeout);
    const keeper = Number(readFileSync(join(node.folder, 'processes/lost/keep'), 'utf8').split(' ')[0]);
    process.kill(keeper, 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    expect(await seen('lost', 'LOST')).toMatchObject({ lost: 'UNKNOWN' });
    expect((await test.fleet.start(id, 'lost', sleeper, timeout)).outcome).toBe('STARTED');
  });

  it('is found and stopped when only its keeper was killed', async () => {
    const { pid } = await test.fleet.start(id, 'orphan', sleeper, timeout);
    process.kill(Number(readFileSync(join(node.folder, 'processes/orphan/keep'), 'utf8').split(' ')[0]), 'SIGKILL');
    expect(await test.fleet.start(id, 'orphan', sleeper, timeout)).toEqual({ outcome: 'ALREADY', pid });
    await test.fleet.stop(id, 'orphan', stopNow);
    expect(dead(pid)).toBe(true);
    expect(await seen('orphan', 'STOPPED')).toMatchObject({ asked: true });
  });
  it('starts once however many ask at once', async () => {
    const log = join(node.home, 'once');
    const other = testFleet();
    await other.reach(node.target());
    const spec = sh(`echo x >>'${log}'; exec sleep 1000`);
    const fleets = [test.fleet, other.fleet];
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, n) => fleets[n % 2]?.start(id, 'once', spec, timeout)),
    );
    expect(results.filter((result) => result?.outcome === 'STARTED')).toHaveLength(1);
    expect(new Set(results.map((result) => result?.pid)).size).toBe(1);
    expect(readFileSync(log, 'utf8')).toBe('x\n');
    await other[Symbol.asyncDispose]();
  });

  it('is brought back by its policy, with a wait that a stop cuts short', async () => {
    const runs = join(node.home, 'runs');
    const spec = sh(`echo x >>'${runs}'; sleep 0.1; exit 7`, { restart: 'ALWAYS' });
    await test.fleet.start(id, 'again', spec, timeout);
    expect(await seen('again', 'BACKOFF')).toMatchObject({ exitCode: 7, restarts: 0 });
    await until('it ran twice', () => readFileSync(runs, 'utf8').length >= 4);
    await until('the second wait', () => {
      const latest = test.heard.latest(id, 'again');
      return latest?.state === 'BACKOFF' && latest.restarts === 1;
    });
    await test.fleet.stop(id, 'again', stopNow);
    expect(await seen('again', 'STOPPED')).toMatchObject({ asked: true });
  });

  it('that ended well is left alone by ON_FAILURE', async () => {
    await test.fleet.start(id, 'fine', sh('sleep 0.1; exit 0', { restart: 'ON_FAILURE' }), timeout);
    expect(await seen('fine', 'EXITED')).toMatchObject({ exitCode: 0, restarts: 0 });
    const [fine] = (await test.fleet.refresh(id, timeout)).filter((one) => one.processId === 'fine');
    expect(fine).toMatchObject({ state: 'EXITED', exitCode: 0 });
  });

  it('gets the stop signal that was chosen', async () => {
    const got = join(node.home, 'got');
    for (const signal of ['INT', 'QUIT', 'HUP', 'USR1', 'USR2', 'TERM'] as const) {
      const ready = join(node.home, `ready-${signal}`);
      const script = `trap "echo ${signal} >>'${got}'; exit 5" ${signal}; : >'${ready}'; while :; do sleep 0.05; done`;
      await test.fleet.start(id, 'sig', sh(script), timeout);
      await until('its trap is set', () => existsSync(ready));
      expect(await test.fleet.stop(id, 'sig', { signal, ...stopNow })).toEqual({ exitCode: 5 });
    }
    expect(readFileSync(got, 'utf8').trim().split('\n')).toEqual(['INT', 'QUIT', 'HUP', 'USR1', 'USR2', 'TERM']);
  });

  it('is killed with all its descendants when it ignores the signal', async () => {
    const script = join(node.home, 'stubborn.sh');
    const deaf = `sh -c 'trap "" TERM; echo $$ >>${node.home}/deaf; while :; do sleep 1; done'`;
    writeFileSync(script, `trap '' TERM\n${deaf} &\nsetsid ${deaf} &\nsetsid setsid ${deaf}\nwait\n`);
    const { pid } = await test.fleet.start(id, 'stubborn', sh(`exec sh '${script}'`), timeout);
    const pids = await until('three descendants', () => {
      const lines = existsSync(join(node.home, 'deaf'))
        ? readFileSync(join(node.home, 'deaf'), 'utf8').trim().split('\n')
        : [];
      return lines.length === 3 && lines.map(Number);
    });
    expect(await test.fleet.stop(id, 'stubborn', { graceMs: 200, timeoutMs: 15_000 })).toEqual({
      exitCode: 137,
      signal: 'SIGKILL',
    });
    expect([pid, ...pids].map(dead)).toEqual([true, true, true, true]);
  });

  it('that cannot begin says why', async () => {
    const refused = (command: string[], cwd?: string) =>
      test.fleet.start(id, 'bad', { command, env: {}, restart: 'ALWAYS', ...(cwd ? { cwd } : {}) }, timeout);
    writeFileSync(join(node.home, 'plain'), 'x', { mode: 0o600 });
    await expect(refused(['/no/such'])).rejects.toMatchObject({ reason: 'COMMAND_NOT_FOUND' });
    await expect(refused(['no-such-program'])).rejects.toMatchObject({ reason: 'COMMAND_NOT_FOUND' });
    await expect(refused([join(node.home, 'plain')])).rejects.toMatchObject({ reason: 'COMMAND_NOT_EXECUTABLE' });
    await expect(refused(['sleep', '9'], '/no/such')).rejects.toMatchObject({ reason: 'WORKING_DIRECTORY' });
  });

  it('that ends at once is told of, whether or not the start could see it run', async () => {
    const started = await test.fleet.start(id, 'brief', sh('exit 9'), timeout).catch((error: unknown) => error);
    if (started instanceof FleetError) expect(started).toMatchObject({ reason: 'EXITED', exitCode: 9 });
    expect(await seen('brief', 'EXITED')).toMatchObject({ exitCode: 9 });
  });

  it('gets its words and environment unchanged, whatever they are', async () => {
    const words = Array.from({ length: 0x2ff }, (_, code) => String.fromCodePoint(code + 1));
    words.push(
      '',
      '-n',
      '$(touch INJECTED)',
      '`id`',
      "'; touch INJECTED; '",
      '"$newline"',
      'a\nb',
      '日本 \u{1F600}',
      '~root',
      '*',
    );
    const names = words.slice(0, 300).map((_, n) => `FZ${n}`);
    const env = Object.fromEntries(names.map((name, n) => [name, words[n] ?? '']));
    await test.fleet
      .start(id, 'fuzz', { command: ['/usr/bin/printf', '%s\\0', ...words], env, restart: 'NEVER' }, timeout)
      .catch(() => {});
    await seen('fuzz', 'EXITED');
    const log = (name: string) => readFileSync(join(node.folder, 'processes', name, 'log'), 'utf8').split('\0');
    expect(log('fuzz').slice(0, -1)).toEqual(words);
    await test.fleet
      .start(id, 'fuzzenv', { command: ['/usr/bin/env', '-0'], env, restart: 'NEVER' }, timeout)
      .catch(() => {});
    await seen('fuzzenv', 'EXITED');
    const pairs = log('fuzzenv').filter((pair) => pair.startsWith('FZ'));
    expect(pairs.sort()).toEqual(names.map((name) => `${name}=${env[name]}`).sort());
    expect(existsSync(join(node.home, 'INJECTED'))).toBe(false);
  });

  it('is told of within moments', async () => {
    const [starts, crashes]: [number[], number[]] = [[], []];
    for (let n = 0; n < 20; n++) {
      const from = performance.now();
      const { pid } = await test.fleet.start(id, 'quick', sleeper, timeout);
      starts.push(performance.now() - from);
      const { length } = test.heard.events;
      const killed = performance.now();
      process.kill(pid, 'SIGKILL');
      const told = () => test.heard.events.slice(length).some(({ observation }) => observation.state === 'EXITED');
      while (!told()) await new Promise((resolve) => setImmediate(resolve));
      crashes.push(performance.now() - killed);
    }
    const median = (all: number[]) => all.toSorted((a, b) => a - b)[10] ?? Number.NaN;
    expect(median(starts)).toBeLessThan(2_000);
    expect(median(crashes)).toBeLessThan(500);
  });

  it('is forgotten by remove, but only when it is down', async () => {
    await test.fleet.start(id, 'gone', sleeper, timeout);
    await expect(test.fleet.remove(id, 'gone', timeout)).rejects.toMatchObject({ reason: 'NOT_STOPPED' });
    await test.fleet.stop(id, 'gone', stopNow);
    await test.fleet.remove(id, 'gone', timeout);
    await test.fleet.remove(id, 'gone', timeout);
    expect(existsSync(join(node.folder, 'processes/gone'))).toBe(false);
    const all = await test.fleet.refresh(id, timeout);
    expect(all.map((one) => one.processId)).not.toContain('gone');
    await until('a snapshot without it', () =>
      test.heard.snapshots.at(-1)?.all.every((one) => one.processId !== 'gone'),
    );
    expect((await test.fleet.start(id, 'gone', sleeper, timeout)).outcome).toBe('STARTED');
  });

  it('cannot fill the disk by its log', async () => {
    const line = 'a'.repeat(99);
    await test.fleet.start(id, 'loud', sh(`while :; do echo ${line}; sleep 0.001; done`), timeout);
    const log = join(node.folder, 'processes/loud/log');
    await until('the log was cut', () => existsSync(`${log}.1`) && readFileSync(log).length < 50_000);
    await test.fleet.stop(id, 'loud', stopNow);
  });
});
