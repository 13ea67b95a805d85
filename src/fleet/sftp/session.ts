// One SFTP session on a channel of its own: requests go out pipelined, and each gets its reply, or all get the reason why not.
import type { ClientChannel } from 'ssh2';
import { FleetError } from '../types.ts';
import { PacketSplitter, packet, REPLY, REQUEST, type Reply, uint32 } from './packets.ts';

const VERSION = 3;
// For a reply of a node that is busy writing to its disk.
const SILENCE_MS = 30_000;

const noSftp = (why: string) =>
  new FleetError(
    'NO_SFTP',
    `${why} Artifacts are copied by SFTP: see that the SSH server has its subsystem (in OpenSSH, \`Subsystem sftp internal-sftp\`).`,
  );

const lost = () => new FleetError('LOST', 'The connection was lost while an artifact was being copied.');

/** Resolves when the server has said that it speaks SFTP. Throws FleetError: NO_SFTP, LOST, TIMEOUT. */
export async function openSession(channel: ClientChannel): Promise<SftpSession> {
  const session = new SftpSession(channel);
  try {
    await session.begun;
    return session;
  } catch (error) {
    session.close();
    throw error;
  }
}

export class SftpSession {
  readonly begun: Promise<void>;
  readonly #splitter = new PacketSplitter();
  readonly #waiting = new Map<number, PromiseWithResolvers<Reply>>();
  readonly #begin = Promise.withResolvers<void>();
  readonly #silence: NodeJS.Timeout;
  #hasBegun = false;
  #lastId = 0;
  #ended: FleetError | undefined;

  constructor(private readonly channel: ClientChannel) {
    this.begun = this.#begin.promise;
    this.#silence = setTimeout(() => this.#quiet(), SILENCE_MS);
    channel.on('data', (chunk: Buffer) => this.#hear(chunk));
    channel.on('error', () => this.#end(lost()));
    // With the exit status, if there was one: it may have come before anyone could listen for it.
    channel.on('close', (code?: number | null) => this.#end(this.#closed(code)));
    channel.stderr.resume(); // read and dropped: unread it would fill the window
    channel.write(packet(REQUEST.INIT, [uint32(VERSION)]));
  }

  /** Sends a request; its parts are what follows the id. */
  request(type: number, parts: readonly Buffer[]): Promise<Reply> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = ++this.#lastId;
    const waiting = Promise.withResolvers<Reply>();
    if (this.#waiting.size === 0) this.#silence.refresh();
    this.#waiting.set(id, waiting);
    this.channel.write(packet(type, [uint32(id), ...parts]));
    return waiting.promise;
  }

  /** What is still waited for fails with the reason. */
  close(reason: FleetError = lost()): void {
    this.#end(reason);
  }

  // Without a request there is nothing to be silent about.
  #quiet(): void {
    if (this.#hasBegun && this.#waiting.size === 0) return;
    this.#end(new FleetError('TIMEOUT', `The node's SFTP server has not answered for ${SILENCE_MS / 1000} s.`));
  }

  #closed(code: number | null | undefined): FleetError {
    if (this.#hasBegun) return lost();
    // Without an exit status it was the connection that broke.
    return code == null ? lost() : noSftp('The node has no SFTP server that runs.');
  }

  #hear(chunk: Buffer): void {
    if (this.#ended) return;
    this.#silence.refresh();
    const packets = this.#splitter.push(chunk);
    for (const each of packets ?? []) this.#take(each);
    if (!packets) this.#end(noSftp("What the node sends is not SFTP: the user's login shell may print something."));
  }

  #take(bytes: Buffer): void {
    const type = bytes[0];
    if (!this.#hasBegun) {
      this.#hasBegun = type === REPLY.VERSION;
      if (this.#hasBegun) this.#begin.resolve();
      else this.#end(noSftp('What the node sends is not SFTP.'));
      return;
    }
    const id = bytes.readUInt32BE(1);
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.resolve({ type: type ?? 0, body: bytes.subarray(5) });
  }

  #end(error: FleetError): void {
    if (this.#ended) return;
    this.#ended = error;
    clearTimeout(this.#silence);
    this.begun.catch(() => {});
    this.#begin.reject(error);
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    this.channel.destroy();
  }
}
