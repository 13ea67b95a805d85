// The beginning of a channel: opens it, sends a script, and finds the hello in whatever the login shell prints before.
import type { Client, ClientChannel } from 'ssh2';
import { CHANNEL_COMMAND } from './bootstrap.ts';
import { connectionFailure } from './failures.ts';
import type { NodeTarget } from './types.ts';
import { FleetError } from './types.ts';

/** How much noise of login shells is read, in bytes. */
const MAX_NOISE = 64 * 1024;
const MAX_HELLO = 1024;

export interface Hello {
  readonly channel: ClientChannel;
  /** The words after the nonce. */
  readonly words: readonly string[];
  /** Bytes that came after the hello's line. */
  readonly rest: Buffer;
}

const unsupported = (text: string) => new FleetError('UNSUPPORTED', text);

/** What the node said, fit to be shown: printable, short. */
function excerpt(noise: Buffer): string {
  const text = noise
    .subarray(0, 300)
    .toString('latin1')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 120);
  return text ? ` It said: ${JSON.stringify(text)}` : '';
}

export function openShell(client: Client, target: NodeTarget): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.once('close', () => reject(connectionFailure('LOST', target)));
    client.exec(CHANNEL_COMMAND, (error, channel) => {
      if (error) reject(unsupported('The SSH server does not let this user run commands.'));
      else resolve(channel);
    });
  });
}

/** Looks for a hello or a refusal at the end of the noise; undefined while there is neither. */
function findHello(heard: Buffer, nonce: string): { words: string[]; rest: Buffer } | FleetError | undefined {
  for (const word of ['GANTRY1', 'GANTRY0']) {
    const start = heard.indexOf(`${word} ${nonce} `);
    const end = start < 0 ? -1 : heard.indexOf('\n', start);
    if (end < 0) continue;
    const text = heard.subarray(start, Math.min(end, start + MAX_HELLO)).toString('latin1');
    const words = text.split(' ').slice(2);
    if (word === 'GANTRY1') return { words, rest: heard.subarray(end + 1) };
    const what = words
      .join(' ')
      .replace(/[^\x20-\x7e]/g, '?')
      .slice(0, 200);
    return unsupported(`The node cannot keep processes: it lacks ${what}.`);
  }
  return undefined;
}

/**
 * Sends the script and waits. Throws UNSUPPORTED if the node's shell ends or says that something is missing, TIMEOUT, LOST.
 * Nothing else may be written before it resolves: a shell reads ahead and would eat it.
 */
export function awaitHello(
  channel: ClientChannel,
  script: string,
  options: { nonce: string; timeoutMs: number; target: NodeTarget },
): Promise<Hello> {
  const { nonce, timeoutMs, target } = options;
  return new Promise((resolve, reject) => {
    let heard: Buffer = Buffer.alloc(0);
    let complaint: Buffer = Buffer.alloc(0);
    let exited = false;
    const finish = (act: () => void) => {
      clearTimeout(timer);
      channel.off('data', hear).off('exit', exit).off('close', close);
      channel.stderr.off('data', complain);
      act();
    };
    const hear = (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      const found = findHello(heard, nonce);
      if (found instanceof FleetError) finish(() => reject(found));
      else if (found) {
        channel.pause();
        finish(() => resolve({ channel, ...found }));
      } else if (heard.length > MAX_NOISE) {
        finish(() => reject(unsupported(`The user's login shell prints without end.${excerpt(heard)}`)));
      }
    };
    const complain = (chunk: Buffer) => {
      if (complaint.length < MAX_HELLO) complaint = Buffer.concat([complaint, chunk]);
    };
    const exit = () => {
      exited = true;
    };
    const close = () => {
      const said = excerpt(complaint.length > 0 ? complaint : heard);
      const ended = unsupported(`The user's login shell ended without running /bin/sh.${said}`);
      // No exit status: the connection broke, which says nothing about the shell.
      finish(() => reject(exited ? ended : connectionFailure('LOST', target)));
    };
    const timer = setTimeout(() => {
      const silent = new FleetError('TIMEOUT', `The user's login shell did not run /bin/sh in time.${excerpt(heard)}`);
      finish(() => reject(silent));
    }, timeoutMs);
    channel.on('data', hear).on('exit', exit).on('close', close);
    channel.stderr.on('data', complain);
    channel.write(script);
  });
}
