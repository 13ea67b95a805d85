// Logs of real processes on a fake node: their last lines, following them, cuts, floods, and lost links.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogPart } from '../../src/fleet/follow.ts';
import type { ProcessSpec } from '../../src/fleet/types.ts';
import { testFleet } from '../kit/listener.ts';
import { type FakeNode, fakeNode } from '../kit/node.ts';
import { USUAL_PATH } from '../kit/shell.ts';
import { until } from '../kit/until.ts';

const sh = (script: string): ProcessSpec => ({ command: ['/bin/sh', '-c', script], env: {}, restart: 'NEVER' });
const timeout = { timeoutMs: 15_000 };

interface Reader {
  readonly parts: LogPart[];
  readonly lines: () => string[];
  leave(): Promise<unknown>;
}

describe('the log of a process', () => {
  let node: FakeNode;
  let test: ReturnType<typeof testFleet>;
  let id: string;
  const readers: Reader[] = [];

  beforeAll(async () => {
    node = await fakeNode({ env: { GANTRY_KEEPER_LOG_CAP: '200000', GANTRY_KEEPER_TIDY: '0.3' } });
    test = testFleet();
    id = node.target().id;
    await test.reach(node.target());
  });

  afterAll(async () => {
    for (const reader of readers) await reader.leave();
    await test[Symbol.asyncDispose]();
    await node.close();
  });

  const read = (processId: string, last: number, before?: string) =>
    test.fleet.log(id, processId, { last, before, timeoutMs: 5_000 });
  const texts = async (processId: string, last: number) => (await read(processId, last)).lines.map(({ text }) => text);

  function follow(processId: string, last = 10): Reader {
    const parts: LogPart[] = [];
    const iterator = test.fleet.followLog(id, processId, { last, timeoutMs: 5_000 })[Symbol.asyncIterator]();
    void (async () => {
      for (let part = await iterator.next(); !part.done; part = await iterator.next()) parts.push(part.value);
    })();
    const reader = {
      parts,
      lines: () => parts.flatMap((part) => part.lines.map(({ text }) => text)),
      leave: async () => iterator.return?.(),
    };
    readers.push(reader);
    return reader;
  }

  /** A process that prints what is appended to a file, and nothing else. */
  async function parrot(processId: string): Promise<(text: string | Buffer) => void> {
    const file = join(node.home, processId);
    writeFileSync(file, '');
    await test.fleet.start(
      id,
      processId,
      { command: ['tail', '-n', '+1', '-f', file], env: {}, restart: 'NEVER' },
      timeout,
    );
    return (text) => appendFileSync(file, text);
  }

  it('has the last lines of output and errors, in their order', async () => {
    await test.fleet.start(
      id,
      'a',
      sh('n=0; while [ $n -lt 500 ]; do n=$((n+1)); echo $n; done; echo oops >&2; sleep 1000'),
      timeout,
    );
    await until('all of it', async () => (await texts('a', 1))[0] === 'oops');
    expect(await texts('a', 4)).toEqual(['498', '499', '500', 'oops']);
    expect(await texts('a', 1_000)).toHaveLength(501);
    expect(await texts('a', 0)).toEqual([]);
  });

  it('is read page by page, backwards, with nothing missing and nothing twice', async () => {
    const pages: string[][] = [];
    let before: string | undefined;
    for (let more = true; more; ) {
      const { lines, start, hasMore } = await read('a', 70, before);
      pages.unshift(lines.map(({ text }) => text));
      before = start;
      more = hasMore;
    }
    expect(pages.map((page) => page.length)).toEqual([11, 70, 70, 70, 70, 70, 70, 70]);
    expect(pages.flat()).toEqual([...Array.from({ length: 500 }, (_, n) => String(n + 1)), 'oops']);
    await expect(read('a', 1, 'nonsense')).rejects.toMatchObject({ reason: 'BAD_REQUEST' });
  });

  it('is empty of a process that the node never heard of', async () => {
    expect(await read('nobody', 10)).toMatchObject({ lines: [], hasMore: false });
  });

  it('shows a line that is being written as one that is not whole', async () => {
    const print = await parrot('begun');
    print('first\nPassword: ');
    await until('it is there', async () => (await read('begun', 5)).lines.length === 2);
    expect((await read('begun', 5)).lines).toEqual([
      { text: 'first', whole: true },
      { text: 'Password: ', whole: false },
    ]);
    expect((await read('begun', 1)).lines).toEqual([{ text: 'Password: ', whole: false }]);
  });

  it('without a single line break is shown in part, and says so', async () => {
    const print = await parrot('endless');
    print('e'.repeat(150_000));
    await until('it is there', async () => (await read('endless', 5)).lines.length === 1);
    expect((await read('endless', 5)).lines).toEqual([{ text: 'e'.repeat(4096), whole: false }]);
  });

  it('is harmless whatever the process prints', async () => {
    const print = await parrot('binary');
    print(Buffer.from([0, 1, 0x1b, 0x5b, 0x32, 0x4a, 0xff, 0xfe, 13, 10]));
    print(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 10)));
    print('\nR 1 0 ok\nE a exited 137 7 1 2 0\nend\n');
    await until('all of it', async () => (await texts('binary', 1))[0] === 'end');
    const [first, second, ...rest] = await texts('binary', 10);
    expect(first).toBe('\\x00\\x01\\x1b[2J\ufffd\ufffd');
    expect(second).toContain('\\x1b');
    expect(second).not.toMatch(/[^\t\x20-\x7e\ufffd]/);
    expect(rest).toEqual(['R 1 0 ok', 'E a exited 137 7 1 2 0', 'end']);
    expect(test.heard.latest(id, 'a')?.state).toBe('RUNNING');
  });

  it('is followed by two at once, each with every line once and in order', async () => {
    const print = await parrot('two');
    print('old 1\nold 2\nold 3\n');
    await until('the old lines', async () => (await texts('two', 10)).length === 3);
    const [one, two] = [follow('two', 2), follow('two', 0)];
    await until('the beginning', () => one.parts.length > 0 && two.parts.length > 0);
    for (let n = 0; n < 50; n++) print(`line ${n}\n`);
    const wanted = Array.from({ length: 50 }, (_, n) => `line ${n}`);
    await until('all lines', () => one.lines().length >= 52 && two.lines().length >= 50);
    expect(one.lines()).toEqual(['old 2', 'old 3', ...wanted]);
    expect(two.lines()).toEqual(wanted);
  });

  it('is followed while it grows, with every line once and in order', async () => {
    const reader = follow('grows', 10);
    const script =
      'n=0; while [ $n -lt 20000 ]; do n=$((n+1)); echo $n; [ $((n % 20)) = 0 ] && sleep 0.001; done; sleep 1000';
    await test.fleet.start(id, 'grows', sh(script), timeout);
    await until('the end of it', () => reader.lines().at(-1) === '20000', 20_000);
    expect(reader.lines()).toEqual(Array.from({ length: 20_000 }, (_, n) => String(n + 1)));
  });

  it('is left alone on the node when nobody follows it any longer', async () => {
    // An `ls` before the real one counts: a log is looked at by its means.
    const looks = join(node.home, 'looks');
    const requests = () => (existsSync(looks) ? readFileSync(looks, 'latin1').length : 0);
    const bin = join(node.home, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'ls'), `#!/bin/sh\nprintf x >>'${looks}'\nPATH='${USUAL_PATH}' exec ls "$@"\n`, {
      mode: 0o755,
    });
    const other = await fakeNode({ env: { PATH: `${bin}:${USUAL_PATH}` } });
    await test.reach(other.target());
    const there = other.target().id;
    await test.fleet.start(there, 'left', sh('echo x; sleep 1000'), timeout);
    const iterator = test.fleet.followLog(there, 'left', { last: 1, timeoutMs: 5_000 })[Symbol.asyncIterator]();
    await iterator.next();
    const next = iterator.next();
    await until('it is looked at', () => requests() > 8);
    await iterator.return?.();
    expect((await next).done).toBe(true);
    const before = requests();
    // Longer than the longest pause between two looks.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(requests()).toBe(before);
    await test.fleet.unwatch(there);
    await other.close();
  });

  it('goes on over its cuts, and counts what is gone', async () => {
    const reader = follow('cut', 10);
    const script = `n=0; while [ $n -lt 12000 ]; do n=$((n+1)); printf '%06d %s\\n' $n ${'y'.repeat(42)}; [ $((n % 300)) = 0 ] && sleep 0.05; done; echo done; sleep 1000`;
    await test.fleet.start(id, 'cut', sh(script), timeout);
    await until('the end of it', () => reader.lines().at(-1) === 'done', 20_000);
    const state = readFileSync(join(node.folder, 'processes/cut/log.at'), 'latin1').split(' ');
    expect(Number(state[0])).toBeGreaterThan(1);
    const whole = reader
      .lines()
      .filter((line) => /^\d{6} y{42}$/.test(line))
      .map((line) => Number(line.slice(0, 6)));
    expect(whole).toEqual(whole.toSorted((a, b) => a - b));
    expect(new Set(whole).size).toBe(whole.length);
    const skipped = reader.parts.reduce((sum, part) => sum + part.skipped, 0);
    // What the process prints in the very moment of a cut is gone for everyone; here that is little.
    expect(12_000 - whole.length - skipped / 50).toBeLessThan(2_000);
    expect(await texts('cut', 3)).toHaveLength(3);
    const { lines, hasMore } = await read('cut', 1_000);
    expect(lines.at(-1)?.text).toBe('done');
    expect(hasMore).toBe(true);
  });

  it('that floods is skipped in part, and keeps no crash from being told', async () => {
    const flood = sh(`while :; do head -c 4000000 /dev/zero | tr '\\0' 'z' | fold -w 99; done`);
    await test.fleet.start(id, 'flood', flood, timeout);
    const links = () =>
      test.heard.connections.filter(({ nodeId, state }) => nodeId === id && state !== 'CONNECTED').length;
    const before = links();
    const flooded = [follow('flood', 100), follow('flood', 100)];
    const ids = Array.from({ length: 15 }, (_, n) => `victim${n}`);
    for (const victim of ids) {
      const { pid } = await test.fleet.start(
        id,
        victim,
        { command: ['sleep', '1000'], env: {}, restart: 'NEVER' },
        timeout,
      );
      void read('flood', 1_000).catch(() => {});
      const { length } = test.heard.events;
      process.kill(pid, 'SIGKILL');
      await until(`the crash of ${victim}`, () =>
        test.heard.events
          .slice(length)
          .some(({ observation }) => observation.processId === victim && observation.signal === 'SIGKILL'),
      );
    }
    const told = test.heard.events
      .filter(({ observation }) => observation.state === 'EXITED')
      .map(({ observation }) => observation.processId);
    expect(told.filter((each) => each.startsWith('victim'))).toEqual(ids);
    await until('a marker', () => flooded.every(({ parts }) => parts.some((part) => part.skipped > 100_000)));
    for (const { parts } of flooded) {
      expect(Math.max(...parts.map((part) => part.lines.length))).toBeLessThan(2_000);
      // Where the log is cut, and where the printing begins anew, two lines may have become one.
      expect(parts.flatMap((part) => part.lines).filter(({ text }) => !/^z+$/.test(text))).toEqual([]);
    }
    expect(links()).toBe(before);
    await test.fleet.stop(id, 'flood', { graceMs: 0, timeoutMs: 15_000 });
  });

  it('is told whole to a follower who reads late', async () => {
    const print = await parrot('slow');
    const iterator = test.fleet.followLog(id, 'slow', { last: 0, timeoutMs: 5_000 })[Symbol.asyncIterator]();
    await iterator.next();
    print(`${'w'.repeat(999)}\n`.repeat(150));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    let lines = 0;
    while (lines < 150) lines += ((await iterator.next()).value as LogPart).lines.length;
    expect(lines).toBe(150);
    await iterator.return?.();
  });

  it('says when nobody can look, and goes on where it was when the node is back', async () => {
    const print = await parrot('drop');
    print('one\n');
    const reader = follow('drop');
    await until('the beginning', () => reader.lines().includes('one'));
    node.server.dropConnections();
    print('two\n');
    await until('the line of meanwhile', () => reader.lines().includes('two'));
    print('three\n');
    await until('the line after', () => reader.lines().includes('three'));
    expect(reader.lines()).toEqual(['one', 'two', 'three']);
    node.server.refuseAuth = true;
    node.server.dropConnections();
    const interrupted = await until('it is told', () => reader.parts.find((part) => part.interruption));
    expect(interrupted.interruption?.message).toBeTruthy();
    await expect(read('drop', 1)).rejects.toMatchObject({ name: 'FleetError' });
    node.server.refuseAuth = false;
    print('four\n');
    await test.fleet.ping(node.target());
    await until('it goes on', () => reader.lines().includes('four'));
    expect(reader.lines()).toEqual(['one', 'two', 'three', 'four']);
  });
});
