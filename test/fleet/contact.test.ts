// First contact: who is logged in, who is refused, what is never tried twice, and what is no node at all.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newKeyPair } from '../../src/demo/node.ts';
import type { ProcessSpec } from '../../src/fleet/types.ts';
import { Secret } from '../../src/secret.ts';
import { afterThisTest, at, cleanUp, fleet, freePort, node, strange } from '../kit/fleet.ts';
import { until } from '../kit/until.ts';

const sleeper: ProcessSpec = { command: ['sleep', '1000'], env: {}, restart: 'NEVER' };
const timeout = { timeoutMs: 15_000 };

cleanUp();

describe('logging in', () => {
  it('fails once with a wrong password, sends it once, and tries again only after a change', async () => {
    const [a, t] = [await node(), fleet()];
    const wrong = a.target({ password: new Secret('wrong-canary') });
    const { reason, message } = await t.reach(wrong, 'AUTH_FAILED');
    expect(reason).toBe('AUTHENTICATION');
    expect(message).toContain('"gantry"');
    expect(t.fleet.connection(wrong.id)).toMatchObject({ attempts: 1, lastFailure: { reason } });
    expect(t.fleet.connection(wrong.id)?.nextAttemptAt).toBeUndefined();
    const start = t.fleet.start(wrong.id, 'a', sleeper, timeout);
    await expect(start).rejects.toMatchObject({ reason: 'AUTHENTICATION' });
    t.fleet.watch(wrong);
    await new Promise((resolve) => setTimeout(resolve, 500)); // more than twice the longest back-off
    expect(a.server.authRequests).toEqual(['none', 'password']);
    await t.reach(a.target());
  });

  it('sends a wrong password once, also where the server would take it in two ways', async () => {
    const [a, t] = [await node({ keyboardInteractive: 'too' }), fleet()];
    await t.reach(a.target({ password: new Secret('wrong') }), 'AUTH_FAILED');
    expect(a.server.authRequests).toEqual(['none', 'password']);
  });

  it('is refused by type when the server takes nobody', async () => {
    const [a, t] = [await node(), fleet()];
    a.server.refuseAuth = true;
    await t.reach(a.target(), 'AUTH_FAILED');
  });

  it('works where the server asks for the password by a prompt', async () => {
    const [a, t] = [await node({ keyboardInteractive: true }), fleet()];
    await t.reach(a.target());
    const b = await node({ keyboardInteractive: true });
    await t.reach(b.target({ password: new Secret('wrong') }), 'AUTH_FAILED');
    expect(b.server.authRequests).toEqual(['none', 'keyboard-interactive']);
  });

  it('works with a key, with and without a passphrase', async () => {
    const plain = newKeyPair();
    const locked = newKeyPair('pass phrase');
    const [a, b, t] = [await node({ publicKey: plain.public }), await node({ publicKey: locked.public }), fleet()];
    await t.reach(a.target({ password: undefined, privateKey: new Secret(plain.private) }));
    const privateKey = new Secret(locked.private);
    const without = b.target({ password: undefined, privateKey });
    expect(await t.reach(without, 'AUTH_FAILED')).toMatchObject({ reason: 'BAD_CREDENTIAL' });
    await t.reach({ ...without, passphrase: new Secret('pass phrase') });
  });

  it('never sends anything to a server whose host key has changed', async () => {
    const [a, t] = [await node(), fleet()];
    const { nodeId } = await t.reach(a.target());
    const { length } = a.server.authRequests;
    a.server.changeHostKey();
    a.server.dropConnections();
    await until('the change is noticed', () => t.fleet.connection(nodeId)?.state === 'HOST_KEY_CHANGED');
    expect(t.fleet.connection(nodeId)?.message).toContain(a.server.hostKey.fingerprint);
    const { accepted } = a.server;
    await new Promise((resolve) => setTimeout(resolve, 500)); // more than twice the longest back-off
    expect(a.server.accepted).toBe(accepted);
    expect(a.server.authRequests).toHaveLength(length);
    await t.reach(a.target({ hostKeys: [a.server.hostKey] }));
  });
});

describe('a host key that was revoked', () => {
  it('ends the link at once, and logs in to nobody, though it is pinned', async () => {
    const [a, t] = [await node(), fleet()];
    const { nodeId } = await t.reach(a.target());
    const asked = a.server.authRequests.length;
    const revoked = a.target({
      hostKeys: [a.server.hostKey],
      revokedHostKeys: [a.server.hostKey.fingerprint],
    });
    expect(await t.reach(revoked, 'HOST_KEY_CHANGED')).toMatchObject({ reason: 'HOST_KEY_REVOKED' });
    expect(await t.fleet.ping(revoked)).toMatchObject({ reachable: false, reason: 'HOST_KEY_REVOKED' });
    expect(a.server.authRequests).toHaveLength(asked);
    a.server.changeHostKey();
    t.fleet.watch({ ...revoked, hostKeys: [a.server.hostKey] });
    await until('the other key is taken', () => t.fleet.connection(nodeId)?.state === 'CONNECTED');
  });
});

describe('what is not a node', () => {
  it('is refused: nothing listens there', async () => {
    const t = fleet();
    const port = await freePort();
    expect(await t.reach(at(port), 'UNREACHABLE')).toMatchObject({ reason: 'REFUSED' });
  });

  it('has a name that nobody knows', async () => {
    expect(await fleet().reach({ ...at(22), host: 'no-such-host.invalid' }, 'UNREACHABLE')).toMatchObject({
      reason: 'NAME_NOT_FOUND',
    });
  });

  it('accepts and never speaks', async () => {
    const port = await strange(() => {});
    const t = fleet({ connectTimeoutMs: 300 });
    expect(await t.reach(at(port), 'UNREACHABLE')).toMatchObject({ reason: 'TIMEOUT' });
  });

  const servers: [string, (socket: Socket) => void][] = [
    ['speaks HTTP', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')],
    ['sends garbage', (socket) => socket.end(Buffer.alloc(100_000, 0xa5))],
    ['is of SSH version 1', (socket) => socket.end('SSH-1.5-old\r\n')],
    ['promises a packet of two gigabytes', (socket) => socket.write('SSH-2.0-x\r\n\x7f\xff\xff\xff\x04AAAA')],
  ];
  it.each(servers)('%s', async (_what, serve) => {
    const port = await strange(serve);
    const t = fleet({ connectTimeoutMs: 2_000 });
    const { reason } = await t.reach(at(port), 'UNREACHABLE');
    expect(['NOT_SSH', 'RESET']).toContain(reason);
  });

  it('has a shell that ends, or lacks what a keeper needs', async () => {
    const t = fleet();
    const ended = await node({ loginNoise: 'echo This account is not available; exit 1' });
    const { message } = await t.reach(ended.target(), 'UNSUPPORTED');
    expect(message).toContain('This account is not available');
    const poor = await node({ env: { PATH: '/nowhere' } });
    expect((await t.reach(poor.target(), 'UNSUPPORTED')).message).toContain('lacks');
  });
});

describe('a node that is not honest', () => {
  it('cannot fill our memory before the hello', async () => {
    const [a, t] = [await node({ loginNoise: 'yes' }), fleet()];
    await t.reach(a.target(), 'UNSUPPORTED');
  });

  it('cannot fill our memory after it, nor talk nonsense for long', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-flood-'));
    afterThisTest(() => rmSync(folder, { recursive: true }));
    const floods = ['exec yes', "exec tr '\\0' x </dev/zero", 'exec yes "S a running - 1 1 - 0"'];
    for (const [n, flood] of floods.entries()) {
      const shell = join(folder, `flood-${n}`);
      writeFileSync(shell, `#!/bin/sh\nprintf 'GANTRY1 %s 0-0 1.0\\n' "$3"\n${flood}\n`, { mode: 0o755 });
      const [a, t] = [await node({ env: { GANTRY_KEEPER_SH: shell } }), fleet()];
      const before = process.memoryUsage().rss;
      const { nodeId } = await t.reach(a.target(), n === 0 ? 'UNSUPPORTED' : 'CONNECTED');
      await new Promise((resolve) => setTimeout(resolve, 300)); // lets it flood
      expect((process.memoryUsage().rss - before) / 1e6).toBeLessThan(150);
      await t.fleet.unwatch(nodeId);
    }
  });
});

describe('a login shell', () => {
  it('may print whatever it likes', async () => {
    const noise = 'echo Welcome; echo GANTRY1 0 0 0; printf "no newline"; echo oops >&2; head -c 3000 /dev/urandom';
    const [a, t] = [await node({ loginNoise: noise }), fleet()];
    const { nodeId } = await t.reach(a.target());
    expect((await t.fleet.start(nodeId, 'a', sleeper, timeout)).outcome).toBe('STARTED');
  });
});

describe('a ping', () => {
  it('says that a node is there, what it is and how far', async () => {
    const [a, t] = [await node(), fleet()];
    const result = await t.fleet.ping(a.target());
    expect(result).toMatchObject({
      reachable: true,
      hostKeys: [a.server.hostKey],
      system: expect.stringMatching(/^Linux /),
    });
    expect(result.latencyMs).toBeGreaterThan(0);
    expect(t.heard.pins).toHaveLength(1);
    await until('nothing stays behind', () => a.server.connections === 0);
  });

  it('says why not, and never throws', async () => {
    const [a, t] = [await node(), fleet({ connectTimeoutMs: 300 })];
    const wrong = await t.fleet.ping(a.target({ password: new Secret('wrong') }));
    expect(wrong).toMatchObject({ reachable: false, reason: 'AUTHENTICATION' });
    const changed = await t.fleet.ping(a.target({ hostKeys: [{ type: 'ssh-ed25519', fingerprint: 'SHA256:other' }] }));
    expect(changed).toMatchObject({ reachable: false, reason: 'HOST_KEY_CHANGED', hostKeys: [a.server.hostKey] });
    expect(await t.fleet.ping(at(await strange(() => {})))).toMatchObject({ reachable: false, reason: 'TIMEOUT' });
    const unreadable = await t.fleet.ping(a.target({ privateKey: new Secret('not a key') }));
    expect(unreadable).toMatchObject({ reachable: false, reason: 'BAD_CREDENTIAL' });
  });

  it('that succeeds wakes a node whose log-in had failed', async () => {
    const [a, t] = [await node(), fleet()];
    a.server.refuseAuth = true;
    const { nodeId } = await t.reach(a.target(), 'AUTH_FAILED');
    a.server.refuseAuth = false;
    await t.fleet.ping(a.target());
    await until('the link is made', () => t.fleet.connection(nodeId)?.state === 'CONNECTED');
  });
});

describe('secrets', () => {
  it('are in no log and no error', async () => {
    const [a, t] = [await node(), fleet({ connectTimeoutMs: 500 })];
    const key = 'key-canary-51\nkey-canary-52';
    await t.reach(a.target({ password: new Secret('wrong-canary-1') }), 'AUTH_FAILED');
    await t.reach(a.target({ privateKey: new Secret(key), passphrase: new Secret('pass-canary-2') }), 'AUTH_FAILED');
    await t.reach(a.target());
    const env = { TOKEN: 'env-canary-3\0' };
    const errors = await Promise.all([
      t.fleet.start(a.target().id, 'a', { ...sleeper, env }, timeout).catch((error: unknown) => error),
      t.fleet.ping(a.target({ password: new Secret('wrong-canary-4') })),
    ]);
    const said = JSON.stringify([t.log, t.heard.connections, errors, errors.map(String)]);
    expect(said).toContain('node link');
    expect(said).not.toContain('canary');
  });
});
