// A look at a node over a connection of its own: can it be reached, who is it, how far away. Leaves nothing behind.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { pingScript } from './bootstrap.ts';
import { type ConnectOptions, connect } from './connector.ts';
import { fromConnectError } from './failures.ts';
import { awaitHello, openShell } from './hello.ts';
import type { HostKey, NodeTarget, PingResult } from './types.ts';

/** Never throws for what happened on the machine: that is the result. */
export async function ping(target: NodeTarget, options: ConnectOptions): Promise<PingResult> {
  const hostKeys: HostKey[] = [];
  const sawHostKey = (key: HostKey) => {
    hostKeys.splice(0, 1, key);
  };
  const deadline = performance.now() + options.timeoutMs;
  try {
    const client = await connect(target, { ...options, sawHostKey });
    client.on('error', () => {});
    try {
      const nonce = randomBytes(12).toString('hex');
      const timeoutMs = Math.max(1, deadline - performance.now());
      const channel = await openShell(client, target);
      const hello = await awaitHello(channel, pingScript(nonce), { nonce, timeoutMs, target });
      const asked = performance.now();
      channel.resume();
      channel.write('echo\n');
      await once(channel, 'data', { signal: AbortSignal.timeout(Math.max(1, Math.ceil(deadline - asked))) });
      const latencyMs = Math.round((performance.now() - asked) * 100) / 100;
      const system = hello.words
        .join(' ')
        .replace(/[^\x20-\x7e]/g, '?')
        .slice(0, 200);
      return {
        reachable: true,
        message: `${target.host}:${target.port} is reachable (${system}).`,
        latencyMs,
        hostKeys,
        system,
      };
    } finally {
      client.end();
      setTimeout(() => client.destroy(), 1_000).unref();
    }
  } catch (error) {
    const { reason, message } = fromConnectError(error, target);
    return { reachable: false, reason, message, hostKeys };
  }
}
