// Links: what is made, kept, lost and made again.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ProcessSpec } from '../../src/fleet/types.ts';
import { cleanUp, fleet, node } from '../kit/fleet.ts';
import { until } from '../kit/until.ts';

const sleeper: ProcessSpec = { command: ['sleep', '1000'], env: {}, restart: 'NEVER' };
const timeout = { timeoutMs: 15_000 };

cleanUp();

describe('a link', () => {
  it('is made, pins the host key before it logs in, and begins with the whole truth', async () => {
    const [a, t] = [await node(), fleet()];
    const connection = await t.reach(a.target());
    expect(connection.bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect(t.heard.pins).toEqual([{ nodeId: connection.nodeId, keys: [a.server.hostKey] }]);
    await until('the first snapshot', () => t.heard.snapshots.some(({ all }) => all.length === 0));
    expect(t.heard.connections.map(({ state }) => state)).toEqual(['CONNECTING', 'CONNECTED']);
  });

  it('knows how far away the node is, and goes on knowing the last failure', async () => {
    const [a, t] = [await node(), fleet({ backoff: { firstMs: 60_000, maxMs: 60_000 } })];
    const { nodeId } = await t.reach(a.target());
    const { latencyMs } = await until('a measurement', () => t.heard.latencies[0]);
    expect(latencyMs).toBeGreaterThan(0);
    expect(t.fleet.connection(nodeId)?.lastFailure).toBeUndefined();

    await a.server.close();
    const lost = await until('the loss', () => {
      const now = t.fleet.connection(nodeId);
      return now?.state === 'UNREACHABLE' && now;
    });
    expect(lost).toMatchObject({ reason: 'LOST', attempts: 0, lastFailure: { reason: 'LOST' } });
    expect(lost.nextAttemptAt?.getTime()).toBeGreaterThan(Date.now());
    // Somebody asks: each attempt is counted, the state stays what it is.
    for (const attempts of [1, 2]) {
      await expect(t.fleet.refresh(nodeId, timeout)).rejects.toMatchObject({ reason: 'REFUSED' });
      expect(t.fleet.connection(nodeId)).toMatchObject({ state: 'UNREACHABLE', attempts, since: lost.since });
    }
    expect(t.heard.tries.at(-1)).toMatchObject({ attempts: 2, lastFailure: { reason: 'REFUSED' } });

    const again = await node();
    const back = await t.reach(again.target({ id: nodeId, hostKeys: [again.server.hostKey] }));
    expect(back).toMatchObject({ attempts: 0, lastFailure: { reason: 'REFUSED' } });
    expect(back.nextAttemptAt).toBeUndefined();
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
