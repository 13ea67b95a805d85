// Who waits for whom: handshakes and requests.
import { describe, expect, it } from 'vitest';
import { HandshakeGate } from '../../src/fleet/gate.ts';
import { KeyedQueue } from '../../src/fleet/queue.ts';
import { testFleet } from '../kit/listener.ts';
import { fakeNode } from '../kit/node.ts';

const tick = () => new Promise((resolve) => setImmediate(resolve));

describe('handshakes', () => {
  it('with one server are limited, and do not hold up another server', async () => {
    const gate = new HandshakeGate({ total: 9, perServer: 2 });
    const held = Promise.withResolvers<void>();
    const begun: string[] = [];
    const work = (name: string) => async () => {
      begun.push(name);
      if (name !== 'b') await held.promise;
    };
    const all = ['a1', 'a2', 'a3'].map((name) => gate.perServer('a', work(name)));
    await gate.perServer('b', work('b'));
    expect(begun).toEqual(['a1', 'a2', 'b']);
    held.resolve();
    await Promise.all(all);
    expect(begun).toEqual(['a1', 'a2', 'b', 'a3']);
  });

  it('that wait can be called off', async () => {
    const gate = new HandshakeGate({ total: 9, perServer: 1 });
    const held = Promise.withResolvers<void>();
    const first = gate.perServer('a', () => held.promise);
    const abort = new AbortController();
    const second = gate.perServer('a', async () => 'never', abort.signal);
    const third = gate.perServer('a', async () => 'third');
    abort.abort();
    await expect(second).rejects.toThrow();
    held.resolve();
    await first;
    expect(await third).toBe('third');
  });

  it('in all are limited, and a slot given back twice is one slot', async () => {
    const gate = new HandshakeGate({ total: 1, perServer: 9 });
    const giveBack = await gate.total();
    const taken: number[] = [];
    for (const n of [1, 2]) gate.total().then(() => taken.push(n));
    giveBack();
    giveBack();
    await tick();
    expect(taken).toEqual([1]);
  });

  it('of forty nodes behind few slots all come to an end', { timeout: 60_000 }, async () => {
    await using node = await fakeNode();
    await using t = testFleet({ maxHandshakes: { total: 4, perServer: 3 } });
    const ids = Array.from({ length: 40 }, (_, n) => `N${n}`);
    await Promise.all(
      ids.map((id) => t.reach(node.target({ id, hostKeys: [node.server.hostKey] }), 'CONNECTED', 50_000)),
    );
    expect(node.server.accepted).toBe(40);
  });
});

describe('turns', () => {
  it('come in order for one key, and at once for another', async () => {
    const queue = new KeyedQueue();
    const order: string[] = [];
    const first = await queue.turn('a');
    const second = queue.turn('a').then((end) => {
      order.push('second');
      end();
    });
    const third = queue.turn('a').then((end) => {
      order.push('third');
      end();
    });
    (await queue.turn('b'))();
    order.push('other');
    await tick();
    expect(order).toEqual(['other']);
    first();
    await Promise.all([second, third]);
    expect(order).toEqual(['other', 'second', 'third']);
  });
});

describe('requests', () => {
  it('that time out leave their process to the next one only when the node has answered', async () => {
    await using node = await fakeNode();
    await using t = testFleet();
    const { nodeId } = await t.reach(node.target());
    const script = `trap '' TERM; while :; do sleep 0.1; done`;
    const spec = { command: ['sh', '-c', script], env: {}, restart: 'NEVER' } as const;
    await t.fleet.start(nodeId, 'a', spec, { timeoutMs: 10_000 });
    const stop = t.fleet.stop(nodeId, 'a', { graceMs: 1_000, timeoutMs: 200 });
    await expect(stop).rejects.toMatchObject({ reason: 'TIMEOUT' });
    const order: string[] = [];
    const start = async (processId: string) => {
      const { outcome } = await t.fleet.start(nodeId, processId, spec, { timeoutMs: 10_000 });
      order.push(`${processId} ${outcome}`);
    };
    await Promise.all([start('a'), start('b')]);
    expect(order).toEqual(['b STARTED', 'a STARTED']);
  });
});
