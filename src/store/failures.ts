// Failures of the database that are nobody's mistake in the request: locked, full, not writable.
import { GantryError } from '../errors.ts';

const CAUSES: Readonly<Record<string, string>> = {
  SQLITE_BUSY: 'another program has it locked',
  SQLITE_LOCKED: 'another program has it locked',
  SQLITE_FULL: 'its disk is full',
  SQLITE_READONLY: 'it is read-only',
  SQLITE_IOERR: 'its disk does not answer',
};

/** The failure to tell if this is such an error, wrapped by the ORM or not. */
export function writeFailure(error: unknown): GantryError | undefined {
  const cause = CAUSES[codeOf(error)];
  return cause === undefined
    ? undefined
    : new GantryError(
        'UNAVAILABLE',
        `The store cannot be written: ${cause}. Nothing was changed; try again when that is mended.`,
      );
}

export const isLocked = (error: unknown): boolean => ['SQLITE_BUSY', 'SQLITE_LOCKED'].includes(codeOf(error));

// SQLITE_IOERR_WRITE and its like are told apart for nobody here.
function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code.split('_').slice(0, 2).join('_') : '';
}
