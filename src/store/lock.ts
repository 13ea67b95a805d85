// One gateway at a time: two on one SQLite file would both start what is wanted and both write down what they saw.
import Database from 'better-sqlite3';
import { GantryError } from '../errors.ts';

export interface StoreLock {
  release(): void;
}

/** Holds the store for this process. The kernel lets go of it however the process ends. Throws UNAVAILABLE if another has it. */
export function lockStore(file: string): StoreLock {
  const lock = new Database(`${file}.lock`, { timeout: 0 });
  try {
    // A transaction that is never ended: its lock on the file lives exactly as long as this connection.
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    throw new GantryError(
      'UNAVAILABLE',
      `The store ${file} is open in another gateway: stop that one first, or use another GANTRY_DATA.`,
    );
  }
  return { release: () => void lock.close() };
}
