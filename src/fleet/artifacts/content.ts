// What an artifact holds, as the gateway's disk has it: its entries, and the hash that is its version.
import { createHash } from 'node:crypto';
import { type BigIntStats, createReadStream } from 'node:fs';
import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { KeyedQueue } from '../queue.ts';
import { FleetError } from '../types.ts';

const MAX_ENTRIES = 20_000;
const MAX_BYTES = 4 * 1024 ** 3;
const MAX_DEPTH = 64;
const MAX_PATH = 1_024; // in bytes: a node adds its own to it
// A file system's clock ticks every few milliseconds: what has just been written may be written again without a trace.
const SETTLED_MS = 2_000;

export interface Entry {
  /** Beginning with the artifact's name, its parts divided by `/`. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  readonly executable: boolean;
  /** In bytes; of files. */
  readonly size: number;
  /** In hexadecimal digits; of files. */
  readonly sha256: string;
  /** Of links: relative, and inside of the artifact. */
  readonly target: string;
}

export interface Content {
  /** The file or folder on this machine that is the artifact, links resolved. */
  readonly source: string;
  /** What the artifact is called. */
  readonly name: string;
  /** SHA-256 over names, kinds, executable bits and contents, in 64 hexadecimal digits. */
  readonly hash: string;
  /** Of all files together. */
  readonly bytes: number;
  /** Folders before what is in them. */
  readonly entries: readonly Entry[];
}

const unusable = (message: string) => new FleetError('ARTIFACT_UNUSABLE', message);
const shown = (path: string) => JSON.stringify(path);

/** Reads artifacts; a file is hashed once for each time that it was changed. */
export class Contents {
  readonly #queue = new KeyedQueue();
  readonly #known = new Map<string, Map<string, string>>();

  /** The content of a file or folder as it is now. Throws FleetError: ARTIFACT_UNUSABLE, ARTIFACT_CHANGED. */
  async read(path: string): Promise<Content> {
    // One after the other: the second one finds all hashes there.
    const endTurn = await this.#queue.turn(path);
    try {
      const walk = new Walk(path, this.#known.get(path) ?? new Map());
      const content = await walk.content();
      this.#known.set(path, walk.fresh);
      return content;
    } catch (error) {
      throw readFailure(error, path);
    } finally {
      endTurn();
    }
  }
}

function readFailure(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof FleetError || code === undefined) return error;
  const why = code === 'ENOENT' ? 'is not there' : code === 'EACCES' ? 'may not be read' : `cannot be read (${code})`;
  return unusable(`The artifact ${shown(path)}, or a part of it, ${why} on the gateway's host.`);
}

/** One look at an artifact. */
class Walk {
  /** What was hashed, for the next look: contents by the file's place, number, size and times. */
  readonly fresh = new Map<string, string>();
  readonly #entries: Entry[] = [];
  #source = '';
  #bytes = 0;

  constructor(
    private readonly path: string,
    private readonly known: ReadonlyMap<string, string>,
  ) {}

  async content(): Promise<Content> {
    const name = basename(this.path);
    if (name === '' || name === '.' || name === '..') throw unusable(`The artifact ${shown(this.path)} has no name.`);
    this.#source = await realpath(this.path);
    await this.#add(this.#source, name, 1);
    const hash = createHash('sha256');
    for (const entry of this.#entries) hash.update(`${JSON.stringify(entry)}\n`);
    return { source: this.#source, name, hash: hash.digest('hex'), bytes: this.#bytes, entries: this.#entries };
  }

  async #add(place: string, path: string, depth: number): Promise<void> {
    if (depth > MAX_DEPTH || Buffer.byteLength(path) > MAX_PATH) {
      throw unusable(`The artifact ${shown(this.path)} is too deep, or has names that are too long.`);
    }
    if (this.#entries.length >= MAX_ENTRIES) {
      throw unusable(`The artifact ${shown(this.path)} has more than ${MAX_ENTRIES} files: pack them into one.`);
    }
    const stat = await lstat(place, { bigint: true });
    const entry = { path, kind: 'file', executable: false, size: 0, sha256: '', target: '' } as const;
    if (stat.isDirectory()) {
      this.#entries.push({ ...entry, kind: 'folder' });
      for (const name of await namesIn(place)) await this.#add(join(place, name), `${path}/${name}`, depth + 1);
    } else if (stat.isSymbolicLink()) {
      this.#entries.push({ ...entry, kind: 'link', target: await this.#targetOf(place) });
    } else if (stat.isFile()) {
      this.#bytes += Number(stat.size);
      if (this.#bytes > MAX_BYTES)
        throw unusable(`The artifact ${shown(this.path)} is larger than ${MAX_BYTES} bytes.`);
      const executable = (stat.mode & 0o111n) !== 0n;
      this.#entries.push({ ...entry, executable, size: Number(stat.size), sha256: await this.#hashOf(place, stat) });
    } else throw unusable(`${shown(place)} in an artifact is neither a file nor a folder nor a link.`);
  }

  /** Asked of the file system, not of the text: links may lead through links. */
  async #targetOf(place: string): Promise<string> {
    const target = await readlink(place);
    const end = await realpath(place).catch(() => '');
    const isInside = end === this.#source || end.startsWith(this.#source + sep);
    if (target.startsWith('/') || !isInside) {
      throw unusable(
        `The link ${shown(place)} leads out of its artifact, or nowhere: make it relative, to a part of it.`,
      );
    }
    return target;
  }

  async #hashOf(place: string, before: BigIntStats): Promise<string> {
    const key = keyOf(place, before);
    const known = this.known.get(key);
    const found = known ?? (await hashFile(place));
    if (!known && keyOf(place, await lstat(place, { bigint: true })) !== key) {
      throw new FleetError('ARTIFACT_CHANGED', `${shown(place)} is being written. Start again when it is done.`);
    }
    if (known || Date.now() - Number(before.ctimeNs / 1_000_000n) > SETTLED_MS) this.fresh.set(key, found);
    return found;
  }
}

const keyOf = (place: string, { ino, size, mtimeNs, ctimeNs }: BigIntStats) =>
  JSON.stringify([place, ...[ino, size, mtimeNs, ctimeNs].map(String)]);

async function hashFile(place: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(place), hash);
  return hash.digest('hex');
}

/** In an order that is the same on every machine. */
async function namesIn(folder: string): Promise<string[]> {
  const raw = await readdir(folder, { encoding: 'buffer' });
  const names = raw.map((bytes) => {
    const name = bytes.toString('utf8');
    if (Buffer.from(name).equals(bytes)) return name;
    throw unusable(`A name in ${shown(folder)} is not UTF-8: ${shown(name)}.`);
  });
  return names.sort((a, b) => (a < b ? -1 : 1));
}
