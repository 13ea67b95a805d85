// How the peers of the gateway open the store: read-only, with the settings that the gateway itself reads with.
import Database from 'better-sqlite3';

export function openDatabase(file: string): Database.Database {
  const database = new Database(file, { readonly: true });
  database.pragma('mmap_size = 268435456');
  database.pragma('cache_size = -65536');
  return database;
}

/** The number behind an id such as `IN7`. */
export const keyOf = (id: string) => Number(id.slice(2));
