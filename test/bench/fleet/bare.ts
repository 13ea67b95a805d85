// What the gateway is measured beside: ssh2 as it comes, a connection and an exec for each command.
import ssh2 from 'ssh2';
import type { Machine } from './machine.ts';

const AT_ONCE = 6;

/** One command on a connection of its own; resolves to the milliseconds it took. */
function command({ host, port, username, privateKey }: Machine, text: string): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.once('error', reject);
    client.once('ready', () =>
      client.exec(text, (error, channel) => {
        if (error) return reject(error);
        channel.resume().once('close', () => {
          client.end();
          resolve(performance.now() - began);
        });
        channel.stderr.resume();
      }),
    );
    client.connect({ host, port, username, privateKey });
  });
}

/** So many of a command, six at once; resolves to what each took and all together, in milliseconds. */
export async function bare(machine: Machine, text: string, count: number): Promise<{ each: number[]; all: number }> {
  const began = performance.now();
  const each: number[] = [];
  let left = count;
  const worker = async () => {
    while (left-- > 0) each.push(await command(machine, text));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { each, all: performance.now() - began };
}
