// The store: opens the database, brings its schema up to date, and gives out writers (units of work) and the reader.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityClass, FilterQuery } from '@mikro-orm/core';
import { Migrator } from '@mikro-orm/migrations';
import { type EntityManager, MikroORM } from '@mikro-orm/sqlite';
import { GantryError } from '../errors.ts';
import { ENTITIES } from './entities/all.ts';
import { isLocked, writeFailure } from './failures.ts';
import type { Keyring } from './keyring.ts';
import { lockStore, type StoreLock } from './lock.ts';
import { MIGRATIONS } from './migrations/all.ts';
import { Reader } from './read/reader.ts';
import type { Sight } from './read/visibility.ts';
import { type PasswordDisplay, showSecrets } from './shown-secrets.ts';

// The one door to the ORM: who writes takes its words from here.
export type { EntityClass, EntityManager, FilterQuery };

// SQLite: write-ahead log so that readers never wait, FULL so that no acknowledged commit is lost with the power.
// A short timeout: SQLite waits inside the call and holds the whole process; longer waiting is done outside of it.
const PRAGMAS = ['journal_mode = wal', 'synchronous = full', 'busy_timeout = 50'];
const WRITE_PATIENCE_MS = 5_000;
const WRITE_RETRY_MS = 50;

export class Store {
  #unwritable: GantryError | undefined;
  #isClosed = false;

  private constructor(
    private readonly orm: MikroORM,
    private readonly lock: StoreLock,
    readonly reader: Reader,
    readonly keyring: Keyring,
  ) {}

  /** Opens the SQLite file, made and migrated on first use. Throws UNAVAILABLE, in a sentence, if it cannot serve. */
  static async open(
    file: string,
    keyring: Keyring,
    passwords: PasswordDisplay = 'omit',
    sight: Sight = {},
  ): Promise<Store> {
    const lock = takeLock(file);
    const orm = await MikroORM.init({
      dbName: file,
      entities: ENTITIES,
      extensions: [Migrator],
      migrations: {
        migrationsList: MIGRATIONS,
        snapshot: false,
        silent: true,
        transactional: true,
        allOrNothing: true,
      },
      discovery: { warnWhenNoEntities: true },
      debug: false,
    });
    try {
      for (const pragma of PRAGMAS) await orm.em.getConnection().execute(`pragma ${pragma}`);
      await refuseNewerSchema(orm, file);
      await orm.migrator.up();
      return new Store(orm, lock, new Reader(file, orm.getMetadata(), showSecrets(keyring, passwords), sight), keyring);
    } catch (error) {
      await orm.close(true);
      lock.release();
      throw error instanceof GantryError ? error : unusable(file, error as Error);
    }
  }

  /**
   * One transaction: all of `work` is committed, or nothing of it. `work` may be run again from its beginning while the database is
   * locked. Throws UNAVAILABLE, with what to look at, if the database cannot be written.
   */
  async write<T>(work: (em: EntityManager) => Promise<T>): Promise<T> {
    // The ORM would open it anew.
    if (this.#isClosed) throw new GantryError('UNAVAILABLE', 'The store is closed.');
    const deadline = performance.now() + WRITE_PATIENCE_MS;
    for (;;) {
      try {
        const result = await this.orm.em.fork().transactional((em) => work(em as EntityManager), {});
        this.#unwritable = undefined;
        return result;
      } catch (error) {
        const failure = writeFailure(error);
        if (!failure) throw error;
        this.#unwritable = failure;
        if (!isLocked(error) || performance.now() > deadline) throw failure;
        await sleep(WRITE_RETRY_MS);
      }
    }
  }

  /** Statements that would bring the database to what the entities say; empty unless a migration was forgotten. */
  schemaDrift(): Promise<string> {
    return this.orm.schema.getUpdateSchemaSQL({ wrap: false });
  }

  /** Throws if the database does not answer, or the last write failed. */
  check(): void {
    if (this.#unwritable) throw this.#unwritable;
    this.reader.get('select 1', []);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.reader.close();
    await this.orm.close(true);
    this.lock.release();
  }
}

function takeLock(file: string): StoreLock {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    return lockStore(file);
  } catch (error) {
    throw error instanceof GantryError ? error : unusable(file, error as Error);
  }
}

async function refuseNewerSchema(orm: MikroORM, file: string): Promise<void> {
  const known = new Set(MIGRATIONS.map((migration) => migration.name));
  const executed = await orm.migrator.getExecuted();
  const unknown = executed.find((row) => !known.has(row.name));
  if (!unknown) return;
  throw new GantryError(
    'UNAVAILABLE',
    `The store ${file} was written by a newer Gantry (it has ${unknown.name}): start that version, or restore a backup.`,
  );
}

const unusable = (file: string, error: Error) =>
  new GantryError('UNAVAILABLE', `The store ${file} cannot be used: ${error.message}`);
