// Cursors of pages: where a row stands in its order, as hexadecimal of the JSON array [order, value, key].
// Hexadecimal, because every database can write it, so that a page with its cursors is still one statement.
import { badInput } from '../../errors.ts';

export interface Cursor {
  readonly value: string | number;
  readonly key: string | number;
}

/** Throws BAD_USER_INPUT for what is no cursor, and for a cursor of another order. */
export function decodeCursor(cursor: string, order: string, field: string): Cursor {
  const parts = parse(cursor);
  if (!parts)
    throw badInput('This is not a cursor. Use `endCursor`, `startCursor` or an edge `cursor` as it was given.', field);
  const [given, value, key] = parts;
  if (given !== order) {
    throw badInput(`This cursor belongs to a list ordered by ${given}, and this one is ordered by ${order}.`, field);
  }
  return { value, key };
}

function parse(cursor: string): [string, string | number, string | number] | undefined {
  if (!/^(?:[0-9a-f]{2})+$/.test(cursor)) return undefined;
  try {
    const parts = JSON.parse(Buffer.from(cursor, 'hex').toString('utf8'));
    if (!Array.isArray(parts) || parts.length !== 3 || typeof parts[0] !== 'string') return undefined;
    return isKey(parts[1]) && isKey(parts[2]) ? (parts as [string, string, string]) : undefined;
  } catch {
    return undefined;
  }
}

const isKey = (part: unknown) => typeof part === 'string' || typeof part === 'number';
