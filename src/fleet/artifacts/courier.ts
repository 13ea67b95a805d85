// Brings artifacts to nodes: looks whether the node has it, sends it if not, lets the node place it whole; one at a time per node.
import { HandshakeGate } from '../gate.ts';
import type { Answer, Link } from '../link.ts';
import { openSession } from '../sftp/session.ts';
import { FleetError } from '../types.ts';
import type { Content } from './content.ts';
import { expectRoom, failureOf } from './refusals.ts';
import { upload } from './upload.ts';

/** An artifact as an operation wants it. */
export interface Wanted {
  /** 64 hexadecimal digits. */
  readonly hash: string;
  readonly name: string;
  /** Asked for only if the node has not got it. Throws if that version is no longer there. */
  readonly content: () => Promise<Content>;
  /** Hashes that stay on the node whatever else goes. */
  readonly keep: readonly string[];
  /** How many others stay: the latest. */
  readonly spare: number;
  /** How much of it has been sent, in bytes. Called often. */
  readonly progress: (sent: number, total: number) => void;
}

/** What the courier needs of a node. */
export interface Road {
  ask(verb: string, words: string[], timeoutMs: number): Promise<Answer>;
  link(): Promise<Link>;
}

const UPLOADS_IN_ALL = 4;
const ASK_MS = 30_000;
// The node reads everything once more to sum it up, and writes it to its disk.
const PLACE_MS = 300_000;
// Slower than that it stands in the way of others: it begins anew when it is asked for again.
const SLOWEST_BYTES_PER_SECOND = 20_000;
const LEAST_MS = 120_000;
// As many as go into one request of a modest length.
const MAX_KEPT = 500;

interface Sending {
  readonly done: Promise<string>;
  readonly listeners: Set<Wanted['progress']>;
}

export class Courier {
  /** The gate of handshakes, for another purpose: one at a time per node, some in all. */
  readonly #gate = new HandshakeGate({ total: UPLOADS_IN_ALL, perServer: 1 });
  readonly #sending = new Map<string, Sending>();

  /** Resolves to where it is on the node, when it is there whole. Those who want the same at once share one sending. */
  bring(nodeId: string, road: Road, wanted: Wanted): Promise<string> {
    const key = `${nodeId} ${wanted.hash}`;
    const present = this.#sending.get(key);
    if (present) {
      present.listeners.add(wanted.progress);
      return present.done;
    }
    const listeners = new Set([wanted.progress]);
    const tell = (sent: number, total: number) => {
      for (const listener of listeners) listener(sent, total);
    };
    const done = this.#gate
      .perServer(nodeId, () => this.#deliver(road, { ...wanted, progress: tell }))
      .finally(() => this.#sending.delete(key));
    this.#sending.set(key, { done, listeners });
    return done;
  }

  async #deliver(road: Road, wanted: Wanted): Promise<string> {
    const found = seen(await road.ask('seek', [wanted.hash, nonce()], ASK_MS));
    const root = `${found.root}/artifacts`;
    const path = `${root}/${wanted.hash}/${wanted.name}`;
    if (!found.upload) return path;
    try {
      const content = await wanted.content();
      expectRoom(found.freeKb, content.bytes);
      await this.#send(await road.link(), content, `${root}/${found.upload}`, wanted.progress);
      const kept = wanted.keep.slice(0, MAX_KEPT);
      await road.ask('place', [wanted.hash, found.upload, String(wanted.spare), ...kept], PLACE_MS);
      return path;
    } catch (error) {
      // Also what it has to say about the room that is left; a node that cannot be asked sweeps by itself when it is met again.
      const dropped = await road.ask('drop', [found.upload], ASK_MS).catch(() => undefined);
      throw failureOf(error, dropped ? Number(dropped.words[1]) : Number.NaN);
    }
  }

  async #send(link: Link, content: Content, folder: string, progress: Wanted['progress']): Promise<void> {
    const endTurn = await this.#gate.total();
    const limitMs = LEAST_MS + (content.bytes / SLOWEST_BYTES_PER_SECOND) * 1000;
    try {
      const session = await openSession(await link.openSubsystem('sftp', ASK_MS));
      const limit = setTimeout(() => session.close(tooSlow()), limitMs);
      let sent = 0;
      progress(0, content.bytes);
      try {
        await upload(session, content, folder, (bytes) => {
          sent += bytes;
          progress(sent, content.bytes);
        });
      } finally {
        clearTimeout(limit);
        session.close();
      }
    } finally {
      endTurn();
    }
  }
}

let uploads = 0;
const nonce = () => String(++uploads);

const tooSlow = () =>
  new FleetError('TIMEOUT', 'Copying the artifact to the node took too long; nothing of it stays there.');

interface Seen {
  readonly freeKb: number;
  /** The folder to send it into; undefined: it is there. */
  readonly upload: string | undefined;
  readonly root: string;
}

const UPLOAD = /^upload-[0-9.]{1,60}$/;

/** `here FREE ROOT…` or `absent FREE UPLOAD ROOT…`: a folder may have spaces in its name. */
function seen({ words }: Answer): Seen {
  const [word, free, ...rest] = words;
  const upload = word === 'absent' ? rest.shift() : undefined;
  // Lines of the protocol are read byte by byte.
  const root = Buffer.from(rest.join(' '), 'latin1').toString('utf8');
  const isFit = root.startsWith('/') && (word === 'here' || (upload !== undefined && UPLOAD.test(upload)));
  if (!isFit) throw new FleetError('FAILED', 'The keeper gave an answer that is not understood.');
  return { freeKb: Number(free), upload, root };
}
