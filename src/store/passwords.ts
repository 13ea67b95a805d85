// Users' passwords: stored as scrypt hashes with their parameters, so that the parameters may rise later.
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from '../secret.ts';

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(scrypt);

// One of the equal settings of OWASP's password storage sheet: about 0.2 s and 34 MB a hash.
const LOG_N = 15;
const BLOCK = 8;
const PARALLEL = 3;
const MAX_MEMORY = 64 * 2 ** 20;
const LENGTH = 32;

// libuv has four threads, shared with DNS and files: leave two of them to others.
const MAX_AT_ONCE = 2;
const waiting: (() => void)[] = [];
let running = 0;

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= MAX_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

const stretch = (password: string, salt: Buffer, logN: number, r: number, p: number) =>
  inTurn(() => derive(password.normalize('NFKC'), salt, LENGTH, { N: 2 ** logN, r, p, maxmem: MAX_MEMORY }));

/** `scrypt$15$8$3$salt$hash`, salt and hash in base64url. */
export async function hashPassword(password: Secret): Promise<string> {
  const salt = randomBytes(16);
  const hash = await stretch(password.reveal(), salt, LOG_N, BLOCK, PARALLEL);
  return ['scrypt', LOG_N, BLOCK, PARALLEL, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

export async function verifyPassword(password: Secret, stored: string): Promise<boolean> {
  const [kind, logN, r, p, salt, hash] = stored.split('$');
  if (kind !== 'scrypt' || !salt || !hash) return false;
  const wanted = Buffer.from(hash, 'base64url');
  const given = await stretch(password.reveal(), Buffer.from(salt, 'base64url'), Number(logN), Number(r), Number(p));
  return timingSafeEqual(given, wanted);
}
