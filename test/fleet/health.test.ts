// Health in the keeper's words and back: what goes to a node, and what may come from one.
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { healthText, parseHealth, toHealth } from '../../src/fleet/health.ts';
import { parseLine } from '../../src/fleet/protocol.ts';
import type { HealthCheck, HealthProbe } from '../../src/fleet/types.ts';
import { FleetError } from '../../src/fleet/types.ts';

const PACE = {
  intervalMs: 10_000,
  timeoutMs: 2_000,
  healthyThreshold: 1,
  unhealthyThreshold: 3,
  startPeriodMs: 10_000,
};
const check = (probe: HealthProbe, pace: Partial<HealthCheck> = {}): HealthCheck => ({ ...PACE, ...pace, probe });
const http = (more: object = {}): HealthProbe =>
  ({ kind: 'HTTP', host: '::1', port: 80, path: '/', statusFrom: 200, statusTo: 299, ...more }) as HealthProbe;

const refused = (make: () => unknown) => expect(make).toThrowError(FleetError);

describe('how a node is told to look', () => {
  it('is whole numbers and quoted words', () => {
    expect(healthText(undefined)).toBe('');
    expect(healthText(check({ kind: 'TCP', host: 'db.local', port: 5432 }))).toBe(
      "# tcp 10000 2000 1 3 10000\nset -- 'db.local' '5432'",
    );
    expect(healthText(check(http()))).toBe("# http 10000 2000 1 3 10000\nset -- '::1' '80' '/' '200' '299'");
    expect(healthText(check({ kind: 'COMMAND', command: ['/bin/look', "it's"] }))).toBe(
      "# command 10000 2000 1 3 10000\nset -- '/bin/look' 'it'\\''s'",
    );
  });

  it('reaches the node word by word, whatever is in a word', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }), (words) => {
        const command = ['x', ...words.map((word) => word.replaceAll('\0', ''))];
        const script = `${healthText(check({ kind: 'COMMAND', command }))}\nprintf '%s\\0' "$@"`;
        expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(command);
      }),
      { numRuns: 30 },
    );
  });

  it('is refused where no node could look so', () => {
    for (const name of Object.keys(PACE)) {
      for (const value of [Number.NaN, -1, 1e9]) refused(() => healthText(check(http(), { [name]: value })));
    }
    for (const port of [0, 65_536, Number.NaN]) refused(() => healthText(check(http({ port }))));
    for (const host of ['', '-z', 'a b', 'a/b', '$(id)', 'a\nb']) refused(() => healthText(check(http({ host }))));
    for (const path of ['', 'x', '/a b', '/\r\nx: y', '/é', `/${'x'.repeat(2_000)}`])
      refused(() => healthText(check(http({ path }))));
    refused(() => healthText(check({ kind: 'COMMAND', command: [] })));
    refused(() => healthText(check({ kind: 'COMMAND', command: ['x', 'a\0b'] })));
    refused(() => healthText(check({ kind: 'COMMAND', command: ['x', 'y'.repeat(100_000)] })));
  });
});

describe('what a node saw', () => {
  const said = (words: string) => {
    const message = parseLine(`E a running - 7 10.25 - 0 ${words}`);
    if (message?.kind !== 'event' || !message.process.health) throw new Error(`not understood: ${words}`);
    return toHealth(message.process.health, Date.parse('2026-01-01T00:00:00Z'));
  };

  it('has a state, since when, and a sentence', () => {
    expect(said('healthy 12.5 ok')).toEqual({ state: 'HEALTHY', since: new Date('2026-01-01T00:00:12.500Z') });
    expect(said('unhealthy 12.5 status-503')).toMatchObject({
      state: 'UNHEALTHY',
      message: 'It answered with the status 503.',
    });
    expect(said('unhealthy 1 no-connection 127.0.0.1 port 80').message).toBe(
      'Nothing takes connections at 127.0.0.1 port 80.',
    );
    expect(said('unhealthy 1 exit-3 disk  full').message).toBe('The command ended with exit code 3: disk  full');
    expect(said('unknown 1 lacking bash nc').message).toContain('bash, nc would do');
  });

  it('is text that does nothing to a terminal, in UTF-8, and not much of it', () => {
    const bytes = Buffer.from('é \x1b[2J\x9b \u202e');
    expect(said(`unhealthy 1 exit-1 ${bytes.toString('latin1')}`).message).toBe(
      'The command ended with exit code 1: é \\x1b[2J\\x9b \\u202e',
    );
    expect(said(`unhealthy 1 exit-1 ${'x'.repeat(900)}`).message?.length).toBeLessThan(300);
    expect(said('unhealthy 1 no-answer \x1b[2J').message).toBe('There is no answer at its port.');
  });

  it('is not understood in other words, and never breaks the reader', () => {
    for (const words of ['well 1 ok', 'healthy x ok', 'healthy 1', 'healthy 1 OK', 'constructor 1 ok', 'healthy'])
      expect(parseLine(`S a running - 7 10.25 - 0 ${words}`), words).toBeUndefined();
    expect(parseLine('S a exited 0 7 10.25 11 0 healthy 1 ok')).toBeUndefined();
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        const health = parseHealth(words);
        if (health) toHealth(health, 0);
      }),
    );
  });
});
