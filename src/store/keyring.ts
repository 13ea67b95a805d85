// The keys of the store: seals what must be read again (node credentials) so that the database alone is worth nothing.
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { GantryError } from '../errors.ts';
import { Secret } from '../secret.ts';

const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Keys from a file of lines `id base64(32 bytes)`: the first one seals, all of them open. */
export class Keyring {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #sealing: string;

  private constructor(keys: ReadonlyMap<string, Buffer>, sealing: string) {
    this.#keys = keys;
    this.#sealing = sealing;
  }

  /** Reads the file; where there is none yet, makes it with one new key, if it may. Refuses a file that others may read. */
  static open(path: string, mayCreate = true): Keyring {
    try {
      return Keyring.#read(path, mayCreate);
    } catch (error) {
      if (error instanceof GantryError) throw error;
      throw new GantryError('UNAVAILABLE', `The key file ${path} cannot be used: ${(error as Error).message}`);
    }
  }

  static #read(path: string, mayCreate: boolean): Keyring {
    if (mayCreate) createIfMissing(path);
    else if (!existsSync(path)) {
      throw new GantryError(
        'UNAVAILABLE',
        `The key file ${path} is missing, and what the store has sealed does not open without it: put it back from your backup.`,
      );
    }
    const lines = readPrivate(path)
      .split('\n')
      .filter((line) => line.trim() && !line.startsWith('#'));
    const keys = new Map(lines.map((line) => parseKey(path, line)));
    const [first] = keys.keys();
    if (first === undefined) throw new GantryError('UNAVAILABLE', `The key file ${path} holds no key.`);
    return new Keyring(keys, first);
  }

  /** `where` says which row and field the value belongs to (`node:1:password`): moved elsewhere, it does not open. */
  seal(where: string, secret: Secret): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#keyFor(this.#sealing), iv).setAAD(Buffer.from(where));
    const body = Buffer.concat([iv, cipher.update(secret.reveal(), 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `v1.${this.#sealing}.${body.toString('base64url')}`;
  }

  open(where: string, sealed: string): Secret {
    const [version, id = '', body = ''] = sealed.split('.');
    if (version !== 'v1') throw new GantryError('UNAVAILABLE', `The stored secret ${where} is not sealed.`);
    if (!this.#keys.has(id)) {
      throw new GantryError(
        'UNAVAILABLE',
        `The key ${id} that opens the stored secret ${where} is not in the key file.`,
      );
    }
    const bytes = Buffer.from(body, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', this.#keyFor(id), bytes.subarray(0, IV_BYTES))
      .setAAD(Buffer.from(where))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const text = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
      return new Secret(text.toString('utf8'));
    } catch {
      throw new GantryError('UNAVAILABLE', `The stored secret ${where} does not open: wrong key, or altered.`);
    }
  }

  /** What proves that somebody holds `text`, with the id of the key in front: to be compared with `proves`. */
  digest(text: string): string {
    return this.#digestBy(this.#sealing, text);
  }

  /** Whether `digest` was made of this text; false also if the key that it was made with has gone. */
  proves(text: string, digest: string): boolean {
    const [id = ''] = digest.split('.', 1);
    if (!this.#keys.has(id)) return false;
    const [given, kept] = [Buffer.from(this.#digestBy(id, text)), Buffer.from(digest)];
    return given.length === kept.length && timingSafeEqual(given, kept);
  }

  #digestBy(id: string, text: string): string {
    return `${id}.${createHmac('sha256', this.#keyFor(id, 'gantry tokens')).update(text).digest('base64url')}`;
  }

  // A sub-key for this use alone, so that one key file can serve others too.
  #keyFor(id: string, use = 'gantry at rest'): Buffer {
    const key = this.#keys.get(id);
    if (!key) throw new Error(`no key ${id}`);
    return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), use, KEY_BYTES));
  }
}

function createIfMissing(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const line = `k1 ${randomBytes(KEY_BYTES).toString('base64')}\n`;
  try {
    // wx: never over a key file that is there.
    writeFileSync(path, line, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function readPrivate(path: string): string {
  const file = openSync(path, 'r');
  try {
    // Asked of the open file, not of the path: what is judged is what is read.
    if (fstatSync(file).mode & 0o077) {
      throw new GantryError('UNAVAILABLE', `The key file ${path} may be read by others: run chmod 600 ${path}`);
    }
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function parseKey(path: string, line: string): [string, Buffer] {
  const [id = '', base64 = ''] = line.trim().split(/\s+/);
  const key = Buffer.from(base64, 'base64');
  if (!/^[A-Za-z0-9_-]+$/.test(id) || key.length !== KEY_BYTES) {
    throw new GantryError('UNAVAILABLE', `The key file ${path} has a line that is not "id base64(32 bytes)".`);
  }
  return [id, key];
}
