// Links: what is made, kept, lost and made again, and what is never tried twice.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { newKeyPair } from '../../src/demo/node.ts';
import type { NodeTarget, ProcessSpec } from '../../src/fleet/types.ts';
import { Secret } from '../../src/secret.ts';
import { type TestFleet, testFleet } from '../kit/listener.ts';
import { type FakeNode, fakeNode, PASSWORD } from '../kit/node.ts';
import { until } from '../kit/until.ts';

const sleeper: ProcessSpec = { command: ['sleep', '1000'], env: {}, restart: 'NEVER' };
const timeout = { timeoutMs: 15_000 };

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function node(options: Parameters<typeof fakeNode>[0] = {}): Promise<FakeNode> {
  const made = await fakeNode(options);
  cleanups.push(made.close);
  return made;
}

function fleet(options: Parameters<typeof testFleet>[0] = {}): TestFleet {
  const made = testFleet(options);
  cleanups.push(() => made.fleet.close());
  return made;
}

/** A TCP server on loopback that is no node; resolves to its port. */
async function strange(serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

const at = (port: number): NodeTarget => ({
  id: 'NDX',
  host: '127.0.0.1',
  port,
  username: 'gantry',
  password: new Secret(PASSWORD),
  hostKeys: [],
});

describe('a link', () => {
  it('is made, pins the host key before it logs in, and begins with the whole truth', async () => {
    const [a, t] = [await node(), fleet()];
    const connection = await t.reach(a.target());
    expect(connection.bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect(t.heard.pins).toEqual([{ nodeId: connection.nodeId, keys: [a.server.hostKey] }]);
    await until('the first snapshot', () => t.heard.snapshots.some(({ all }) => all.length === 0));
    expect(t.heard.connections.map(({ state }) => state)).toEqual(['CONNECTING', 'CONNECTED']);
  });

  it('sends nothing when the pin is not accepted', async () => {
    const [a, t] = [await node(), fleet()];
    t.heard.pin = () => Promise.reject(new Error('strict'));
    expect(await t.reach(a.target(), 'UNREACHABLE')).toMatchObject({ reason: 'PIN_FAILED' });
    expect(a.server.authRequests).toEqual([]);
  });

  it('adopts what runs after it was dropped and remade: same pids', async () => {
    const [a, t] = [await node(), fleet()];
    const { nodeId } = await t.reach(a.target());
    const ids = ['a', 'b', 'c'];
    const started = await Promise.all(ids.map((id) => t.fleet.start(nodeId, id, sleeper, timeout)));
    const seen = t.heard.connections.length;
    a.server.dropConnections();
    await until(
      'the link is remade',
      () =>
        t.heard.connections
          .slice(seen)
          .map(({ state }) => state)
          .join() === 'UNREACHABLE,CONNECTED',
    );
    const all = await t.fleet.refresh(nodeId, timeout);
    expect(all.map(({ state, pid }) => [state, pid])).toEqual(started.map(({ pid }) => ['RUNNING', pid]));
  });

  it('tells after it was remade what ended meanwhile, and when', async () => {
    const [a, t] = [await node(), fleet()];
    const { nodeId } = await t.reach(a.target());
    const { pid } = await t.fleet.start(nodeId, 'x', sleeper, timeout);
    await t.fleet.unwatch(nodeId);
    process.kill(pid, 'SIGKILL');
    await t.reach(a.target());
    const observation = await until('the end is known', () => {
      const latest = t.heard.latest(nodeId, 'x');
      return latest?.state === 'EXITED' && latest;
    });
    expect(observation).toMatchObject({ exitCode: 137, signal: 'SIGKILL' });
    expect(Math.abs((observation.endedAt?.getTime() ?? 0) - Date.now())).toBeLessThan(10_000);
  });

  it('is lost soon when the node falls silent, other nodes do not notice, and it comes back', async () => {
    const [silent, good, t] = [
      await node(),
      await node(),
      fleet({ heartbeatTimeoutMs: 2_000, connectTimeoutMs: 1_000 }),
    ];
    const { nodeId } = await t.reach(silent.target());
    const other = await t.reach(good.target());
    silent.server.stall();
    const stop = t.fleet.stop(nodeId, 'x', { graceMs: 0, timeoutMs: 15_000 });
    await expect(stop).rejects.toMatchObject({ reason: 'LOST' });
    expect(t.fleet.connection(nodeId)).toMatchObject({ state: 'UNREACHABLE', reason: 'LOST' });
    expect((await t.fleet.start(other.nodeId, 'y', sleeper, timeout)).outcome).toBe('STARTED');
    expect(t.fleet.connection(other.nodeId)).toBe(other);
    await until('new attempts time out', () => t.fleet.connection(nodeId)?.reason === 'TIMEOUT');
    silent.server.resume();
    await t.reach(silent.target());
  });

  it('is not given up because the gateway itself was busy', async () => {
    const [a, t] = [await node(), fleet({ heartbeatTimeoutMs: 1_500 })];
    const { nodeId } = await t.reach(a.target());
    await until('the first snapshot', () => t.heard.snapshots.length > 0);
    const end = performance.now() + 2_500;
    while (performance.now() < end); // the event loop stands still
    await t.fleet.refresh(nodeId, timeout);
    expect(t.heard.connections.map(({ state }) => state)).toEqual(['CONNECTING', 'CONNECTED']);
  });

  it('leaves nothing on the node when its far end is killed', async () => {
    const [a, t] = [await node(), fleet()];
    await t.reach(a.target());
    const watchers = () => readdirSync(join(a.folder, 'watchers'));
    const [name = ''] = await until('its fifo is there', () => watchers().length === 1 && watchers());
    const pid = Number(name.split('.')[0]);
    process.kill(pid, 'SIGKILL');
    await until(
      'the link is remade',
      () => t.heard.connections.filter(({ state }) => state === 'CONNECTED').length === 2,
    );
    await until('the old fifo is gone', () => !watchers().includes(name));
    await until('its group is gone', () => {
      try {
        return process.kill(-pid, 0) && false;
      } catch {
        return true;
      }
    });
  });

  it('is made for a request that finds none, within its time', async () => {
    const [a, t] = [await node(), fleet({ backoff: { firstMs: 60_000, maxMs: 60_000 } })];
    const { nodeId } = await t.reach(a.target());
    a.server.dropConnections();
    await until('the loss is noticed', () => t.fleet.connection(nodeId)?.state === 'UNREACHABLE');
    expect((await t.fleet.start(nodeId, 'a', sleeper, timeout)).outcome).toBe('STARTED');
  });

  it('ends with unwatch and close, quietly, and processes live on', async () => {
    const [a, t] = [await node(), fleet()];
    const { nodeId } = await t.reach(a.target());
    const { pid } = await t.fleet.start(nodeId, 'a', sleeper, timeout);
    await t.fleet.unwatch(nodeId);
    const heard = t.heard.connections.length;
    await until('the server sees it end', () => a.server.connections === 0);
    process.kill(pid, 0);
    expect(t.heard.connections).toHaveLength(heard);
    expect(t.fleet.connection(nodeId)).toBeUndefined();
    await expect(t.fleet.start(nodeId, 'a', sleeper, timeout)).rejects.toMatchObject({ reason: 'CLOSED' });
  });

  it('is made anew when the address changes, and not when nothing does', async () => {
    const [a, b, t] = [await node(), await node(), fleet()];
    const { nodeId } = await t.reach(a.target());
    t.fleet.watch({ ...a.target(), hostKeys: [a.server.hostKey] });
    t.fleet.watch(a.target());
    await t.fleet.refresh(nodeId, timeout);
    expect(a.server.accepted).toBe(1);
    t.fleet.watch({ ...b.target(), id: nodeId, hostKeys: [b.server.hostKey] });
    await t.fleet.refresh(nodeId, timeout);
    expect([a.server.accepted, b.server.accepted]).toEqual([1, 1]);
  });
});

describe('logging in', () => {
  it('fails once with a wrong password, sends it once, and tries again only after a change', async () => {
    const [a, t] = [await node(), fleet()];
    const wrong = a.target({ password: new Secret('wrong-canary') });
    const { reason, message } = await t.reach(wrong, 'AUTH_FAILED');
    expect(reason).toBe('AUTHENTICATION');
    expect(message).toContain('"gantry"');
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

describe('what is not a node', () => {
  it('is refused: nothing listens there', async () => {
    const t = fleet();
    const port = await strange(() => {});
    await cleanups.pop()?.();
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
    cleanups.push(async () => rmSync(folder, { recursive: true }));
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
