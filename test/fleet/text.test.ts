// The pure parts: quoting, specs, the protocol's lines, back-off.
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backoff } from '../../src/fleet/backoff.ts';
import { fromAnswer } from '../../src/fleet/failures.ts';
import { toObservation } from '../../src/fleet/observation.ts';
import { RunOrder } from '../../src/fleet/order.ts';
import { LineSplitter, type ProcessLine, parseLine } from '../../src/fleet/protocol.ts';
import { quote, quoteInLine } from '../../src/fleet/quote.ts';
import { checkProcessId, policyWord, specText } from '../../src/fleet/spec.ts';
import { FleetError, type ProcessSpec } from '../../src/fleet/types.ts';

const word = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '').toWellFormed());
const spec = (more: Partial<ProcessSpec>): ProcessSpec => ({ command: ['x'], env: {}, restart: 'NEVER', ...more });
const refused = (act: () => unknown) => expect(act).toThrowError(expect.objectContaining({ reason: 'BAD_REQUEST' }));

describe('quoting', () => {
  it('leaves nothing for a shell to interpret', () => {
    expect(quote("it's $HOME `x` \\ \n!")).toBe("'it'\\''s $HOME `x` \\ \n!'");
    expect(quote('')).toBe("''");
  });

  it('fits a request into one line', () => {
    expect(quoteInLine("a\nb'")).toBe(`'a'"$newline"'b'\\'''`);
    fc.assert(fc.property(word, (text) => !quoteInLine(text).includes('\n')));
  });

  it('survives a shell, whatever the words', () => {
    const printed = (script: string) => execFileSync('/bin/sh', ['-c', script]).toString().split('\0').slice(0, -1);
    const several = fc.array(word, { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(several, (words) => {
        expect(printed(`printf '%s\\0' ${words.map(quote).join(' ')}`)).toEqual(words);
        const line = `newline='\n'; eval ${quote(`set -- ${words.map(quoteInLine).join(' ')}`)}; printf '%s\\0' "$@"`;
        expect(printed(line)).toEqual(words);
      }),
      { numRuns: 30 },
    );
  });
});

describe('a spec', () => {
  it('is a directory, an environment and words, and nothing else', () => {
    const text = specText(spec({ command: ['/bin/echo', 'a b'], cwd: '/srv/x', env: { A: '1', B: "it's" } }));
    expect(text).toBe("cd -- '/srv/x' || exit 125\nexport A='1'\nexport B='it'\\''s'\nset -- '/bin/echo' 'a b'");
    expect(specText(spec({ cwd: '-' }))).toContain("cd -- './-'");
  });

  it('refuses what cannot arrive unchanged', () => {
    refused(() => specText(spec({ command: ['a\0b'] })));
    refused(() => specText(spec({ env: { A: '\0' } })));
    refused(() => specText(spec({ env: { A: '\ud800' } })));
    refused(() => specText(spec({ command: [] })));
    refused(() => specText(spec({ command: [''] })));
    refused(() => specText(spec({ command: ['x', 'y'.repeat(300_000)] })));
    for (const name of ['', 'a b', 'a;b', '1a', 'a=b', 'PPID', 'IFS', 'UID', '_', 'GANTRY_TOKEN', 'a\nb']) {
      refused(() => specText(spec({ env: { [name]: 'x' } })));
    }
  });

  it('has a policy in whole numbers within the bounds of a shell of 32 bits', () => {
    const pace = {
      initialDelayMs: 500,
      factor: 1.5,
      maxDelayMs: 60_000,
      jitter: 0.25,
      resetAfterMs: 0,
      limit: 3,
      windowMs: 0,
    };
    expect(policyWord({ restart: 'ON_FAILURE' })).toBe('on-failure');
    expect(policyWord({ restart: 'ALWAYS', pace })).toBe('always:500:150:60000:25:0:3:0');
    const off = [Number.NaN, -1, Number.POSITIVE_INFINITY, 1e9];
    for (const name of Object.keys(pace)) {
      for (const value of off) refused(() => policyWord({ restart: 'ALWAYS', pace: { ...pace, [name]: value } }));
    }
  });

  it('is for an id that is safe as the name of a folder', () => {
    for (const id of ['a', 'SV1', '3f2c-11', 'a.b_c']) checkProcessId(id);
    for (const id of ['', '.', '..', '../x', '/x', '-n', 'a b', 'a;b', '*', 'a\n', 'é', 'x'.repeat(129)]) {
      refused(() => checkProcessId(id));
    }
  });
});

const line = (more: Partial<ProcessLine>): ProcessLine => ({
  id: 'a',
  state: 'running',
  detail: '-',
  pid: 7,
  started: 10,
  ended: undefined,
  restarts: 0,
  ...more,
});

describe('the protocol', () => {
  it('knows its lines', () => {
    expect(parseLine('S a running - 7 10.25 - 2')).toEqual({
      kind: 'part',
      process: line({ started: 10.25, restarts: 2 }),
    });
    expect(parseLine('E a exited 137 7 10.25 11 0')).toMatchObject({
      kind: 'event',
      process: { detail: '137', ended: 11 },
    });
    expect(parseLine('E a exited signal:KILL 7 10.25 11 0')).toMatchObject({ process: { detail: 'signal:KILL' } });
    expect(parseLine('A 3 a stopped - 0 - - 0')).toMatchObject({
      kind: 'listed',
      seq: 3,
      process: { state: 'stopped' },
    });
    expect(parseLine('E a backoff 1 7 10.25 11 3 12.5')).toMatchObject({
      kind: 'event',
      process: { state: 'backoff', restarts: 3, next: 12.5 },
    });
    expect(parseLine('R 12 0 started 4711')).toEqual({ kind: 'answer', seq: 12, code: 0, words: ['started', '4711'] });
    expect(parseLine('Z 17.1')).toEqual({ kind: 'whole' });
    expect(parseLine('H 17.12')).toEqual({ kind: 'heartbeat', uptime: 17.12 });
  });

  it('does not know others', () => {
    const others = [
      '',
      'X',
      'S',
      'S a',
      'S ../x running - 7 1 - 0',
      'S a flying - 7 1 - 0',
      'S a running - x 1 - 0',
      'R',
      'R x 0',
    ];
    for (const other of [...others, 'H', 'H x', 'A x a running - 7 1 - 0', 'S a running - 7 1 - 0 9', 'constructor']) {
      expect(parseLine(other), other).toBeUndefined();
    }
  });

  it('never throws and never invents, whatever comes', () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom('S', 'E', 'A', 'R', 'a', '-', '1', '9e9', 'running', 'lost', '..', ''), { maxLength: 9 })
        .map((w) => w.join(' ')),
    );
    fc.assert(
      fc.property(noise, (text) => {
        const message = parseLine(text);
        if (message?.kind === 'part')
          expect(toObservation(message.process, 0, new Date()).processId).toMatch(/^[A-Za-z0-9]/);
        if (message?.kind === 'answer' && message.code !== 0)
          expect(fromAnswer(message.words)).toBeInstanceOf(FleetError);
      }),
    );
    for (const words of [['unrunnable', 'constructor'], ['constructor'], ['__proto__', 'x'], []]) {
      expect(fromAnswer(words)).toBeInstanceOf(FleetError);
    }
  });

  it('is cut into the same lines however it arrives', () => {
    const lines = fc.array(
      fc.string({ maxLength: 60 }).map((text) => text.replaceAll(/[^ -~]/g, 'x')),
      { maxLength: 20 },
    );
    const cuts = fc.array(fc.nat(200), { maxLength: 20 });
    fc.assert(
      fc.property(lines, cuts, (wanted, sizes) => {
        const splitter = new LineSplitter();
        let bytes = Buffer.from(wanted.map((text) => `${text}\n`).join(''));
        const got: string[] = [];
        for (const size of [...sizes, Number.MAX_SAFE_INTEGER]) {
          got.push(...splitter.push(bytes.subarray(0, size)));
          bytes = bytes.subarray(size);
        }
        expect(got).toEqual(wanted);
      }),
    );
  });

  it('drops lines that are too long, keeps nothing of them, and goes on', () => {
    const splitter = new LineSplitter();
    expect(splitter.push(Buffer.from(`ok\n${'x'.repeat(2_000)}`))).toEqual(['ok']);
    expect(splitter.push(Buffer.alloc(100_000, 'y'))).toEqual([]);
    expect(splitter.push(Buffer.from('z\nagain\n'))).toEqual(['again']);
    expect(splitter.push(Buffer.from(`${'x'.repeat(2_000)}\nend\n`))).toEqual(['end']);
    expect(splitter.dropped).toBe(2);
  });
});

describe('an observation', () => {
  it('says how it ended, as far as a shell can tell', () => {
    const at = new Date(5_000);
    const exited = toObservation(line({ state: 'exited', detail: '137', ended: 12.5 }), 1_000, at);
    expect(exited).toEqual({
      processId: 'a',
      state: 'EXITED',
      exitCode: 137,
      signal: 'SIGKILL',
      asked: false,
      restarts: 0,
      startedAt: new Date(11_000),
      endedAt: new Date(13_500),
      at,
    });
    const ended = (detail: string) => toObservation(line({ state: 'exited', detail }), 0, at);
    expect(ended('signal:KILL')).toMatchObject({ exitCode: 137, signal: 'SIGKILL' });
    expect(ended('signal:RTMIN+3')).toMatchObject({ exitCode: 165, signal: 'SIGRTMIN+3' });
    expect(ended('exit:137')).toMatchObject({ exitCode: 137 });
    expect(ended('exit:137')).not.toHaveProperty('signal');
    expect(toObservation(line({ state: 'lost', detail: 'reboot' }), 0, at)).toMatchObject({
      state: 'LOST',
      lost: 'REBOOT',
    });
    expect(toObservation(line({ state: 'stopped', detail: 'unknown' }), 0, at)).not.toHaveProperty('exitCode');
  });
});

describe('events', () => {
  it('of an older run, or of the beginning of an ended one, are no news', () => {
    const order = new RunOrder();
    order.snapshot([line({ started: 20 })]);
    expect(order.isNews(line({ state: 'exited', started: 10, ended: 19 }))).toBe(false);
    expect(order.isNews(line({ state: 'exited', started: 20, ended: 21 }))).toBe(true);
    expect(order.isNews(line({ started: 20 }))).toBe(false);
    expect(order.isNews(line({ state: 'starting', started: undefined }))).toBe(true);
    expect(order.isNews(line({ started: 22 }))).toBe(true);
  });

  it('and looks that began before a start was answered say nothing about the new run', () => {
    const order = new RunOrder();
    const before = line({ state: 'exited', detail: '0', started: 10, ended: 19, pid: 7 });
    order.snapshot([before]);
    order.starting('a');
    order.answered('start', 'a', ['started', '8']);
    expect(order.isNews(before)).toBe(false);
    expect(order.snapshot([before])).toEqual(new Set([before]));
    const running = line({ started: 20, pid: 8 });
    expect(order.snapshot([running]).size).toBe(0);
    expect(order.isNews(line({ state: 'exited', started: 20, ended: 21, pid: 8 }))).toBe(true);
    expect(order.isNews(before)).toBe(false);
  });

  it('of a run that was stopped do not bring it back, also if it was never seen; one started by hand is news', () => {
    const order = new RunOrder();
    order.snapshot([line({ state: 'stopped', detail: '-', started: undefined, pid: 0 })]);
    order.starting('a');
    order.answered('start', 'a', ['started', '8']);
    order.answered('stop', 'a', ['stopped', '143']);
    const running = line({ started: 20, pid: 8 });
    expect(order.snapshot([running]).size).toBe(1);
    expect(order.isNews(running)).toBe(false);
    expect(order.isNews(line({ state: 'backoff', started: 20, ended: 21, pid: 8 }))).toBe(false);
    expect(order.snapshot([line({ state: 'stopped', detail: '143', started: 20, ended: 21, pid: 8 })]).size).toBe(0);
    expect(order.isNews(line({ started: 30, pid: 9 }))).toBe(true);
  });

  it('of the run that is there count again after a start that started nothing, or that nobody answered', () => {
    for (const words of [['already', 'running', '7'], ['disk'], undefined]) {
      const order = new RunOrder();
      order.snapshot([line({ started: 10, pid: 7 })]);
      order.starting('a');
      order.answered('start', 'a', words);
      expect(order.isNews(line({ state: 'exited', started: 10, ended: 11, pid: 7 }))).toBe(true);
    }
  });
});

describe('the back-off', () => {
  it('doubles up to its cap, jitters by half, and begins anew after a reset', () => {
    const longest = new Backoff({ firstMs: 200, maxMs: 1_000 }, () => 1);
    expect([1, 2, 3, 4, 5].map(() => longest.next())).toEqual([200, 400, 800, 1_000, 1_000]);
    longest.reset();
    expect(longest.next()).toBe(200);
    expect(new Backoff({}, () => 0).next()).toBe(100);
  });
});
