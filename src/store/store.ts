// The store: opens the database, brings its schema up to date, and gives out writers (units of work) and the reader.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityClass, FilterQuery } from '@mikro-orm/core';
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM, type EntityManager as OrmEntityManager, type SqliteConnection } from '@mikro-orm/sqlite';
import type Database from 'better-sqlite3';
import { GantryError } from '../errors.ts';
import { ENTITIES } from './entities/all.ts';
import { isLocked, writeFailure } from './failures.ts';
import type { Keyring } from './keyring.ts';
import { lockStore, type StoreLock } from './lock.ts';
import { Appender, type NewEvent } from './log/append.ts';
import { currentDeed } from './log/cause.ts';
import { ChangeCollector, type Changes, collectors, columnsOf, type Telling, type ToldColumn } from './log/changes.ts';
import { Concerned } from './log/concerned.ts';
import { Journal } from './log/journal.ts';
import { Pruner } from './log/pruning.ts';
import { MIGRATIONS } from './migrations/all.ts';
import { Reader } from './read/reader.ts';
import type { Sight } from './read/visibility.ts';
import { type PasswordDisplay, showSecrets } from './shown-secrets.ts';

// The one door to the ORM: who writes takes its words from here.
export type { EntityClass, FilterQuery };

/** Writes past the unit of work would leave the log without their events: find the entities, and change or remove those. */
export type EntityManager = Omit<OrmEntityManager, PastTheUnitOfWork>;

type PastTheUnitOfWork =
  | `native${string}`
  | 'insert'
  | 'insertMany'
  | 'upsert'
  | 'upsertMany'
  | 'execute'
  | 'createQueryBuilder'
  | 'qb'
  | 'getConnection'
  | 'getKysely'
  | 'fork'
  | 'transactional';

/** All the ways to write, for tables of the gateway's own bookkeeping: those that the log has nothing to tell of. */
export const untold = (em: EntityManager): OrmEntityManager => em as OrmEntityManager;

/** What is told of the changes of a transaction: decided by the platform. */
export interface Teller {
  /** A transaction begins to write. */
  begin(concerned: Concerned): TransactionTeller;
}

export interface TransactionTeller {
  /** Before anything of these is written: what is still to be seen by then. */
  before(changes: Changes): void;
  /** The events of the whole transaction, in their order. */
  events(changes: Changes): NewEvent[];
}

const SILENT: Teller = { begin: () => ({ before: () => {}, events: () => [] }) };

// SQLite: write-ahead log so that readers never wait, FULL so that no acknowledged commit is lost with the power.
// A short timeout: SQLite waits inside the call and holds the whole process; longer waiting is done outside of it.
const PRAGMAS = ['journal_mode = wal', 'synchronous = full', 'busy_timeout = 50'];
const WRITE_PATIENCE_MS = 5_000;
const WRITE_RETRY_MS = 50;

export class Store {
  #unwritable: GantryError | undefined;
  #isClosed = false;
  readonly #appender: Appender;
  readonly #pruner: Pruner;
  readonly #concerned: Concerned;
  /** The last event of a transaction, by its entity manager. */
  readonly #lastOf = new WeakMap<object, number>();
  #onAppended: (seq: number) => void = () => {};

  private constructor(
    private readonly orm: MikroORM,
    private readonly lock: StoreLock,
    readonly reader: Reader,
    readonly log: Journal,
    readonly keyring: Keyring,
    private readonly teller: Teller,
    private readonly collector: ChangeCollector,
    database: Database.Database,
  ) {
    this.#appender = new Appender(database);
    this.#pruner = new Pruner(database);
    this.#concerned = new Concerned(database);
  }

  /** Opens the SQLite file, made and migrated on first use. Throws UNAVAILABLE, in a sentence, if it cannot serve. */
  static async open(
    file: string,
    keyring: Keyring,
    passwords: PasswordDisplay = 'omit',
    sight: Sight = {},
    teller: Teller = SILENT,
  ): Promise<Store> {
    const lock = takeLock(file);
    let store: Store | undefined;
    const collector = new ChangeCollector((em) => (store as Store).#telling(em));
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
      subscribers: [collector],
    });
    try {
      for (const pragma of PRAGMAS) await orm.em.getConnection().execute(`pragma ${pragma}`);
      await refuseNewerSchema(orm, file);
      await orm.migrator.up();
      const reader = new Reader(file, orm.getMetadata(), showSecrets(keyring, passwords), sight);
      const database = await (orm.em.getConnection() as SqliteConnection).getNativeClient();
      store = new Store(orm, lock, reader, new Journal(file), keyring, teller, collector, database);
      return store;
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
        let manager: object | undefined;
        const result = await this.orm.em.fork().transactional((em) => {
          manager = em;
          collectors.set(em, this.collector);
          return work(em as OrmEntityManager);
        }, {});
        this.#unwritable = undefined;
        this.#appended(manager && this.#lastOf.get(manager));
        return result;
      } catch (error) {
        this.#concerned.forget();
        const failure = writeFailure(error);
        if (!failure) throw error;
        this.#unwritable = failure;
        if (!isLocked(error) || performance.now() > deadline) throw failure;
        await sleep(WRITE_RETRY_MS);
      }
    }
  }

  /** Calls `listener` after each commit that has appended to the log, with the number of its last event. It must not throw. */
  onAppended(listener: (seq: number) => void): void {
    this.#onAppended = listener;
  }

  /** Appends events that are no change of anything stored, such as what was refused. */
  async tell(events: readonly NewEvent[]): Promise<void> {
    this.#appended(await this.write(async () => this.#appender.append(events)));
  }

  /** Takes the oldest entries from the log, up to this one, a few at once: answers with how many, 0 when none is left to take. */
  prune(upTo: number): Promise<number> {
    return this.write(async () => this.#pruner.prune(upTo));
  }

  /** The columns of every entity, for those who decide what is told of them. */
  columns(): ReadonlyMap<string, readonly ToldColumn[]> {
    const entities = [...this.orm.getMetadata()].filter((meta) => !meta.pivotTable);
    return new Map(entities.map((meta) => [meta.className, columnsOf(meta)]));
  }

  /** What becomes of the changes of one transaction: events, appended before its end. */
  #telling(em: object): Telling {
    const teller = this.teller.begin(this.#concerned);
    return {
      before: (changes) => {
        teller.before(changes);
        if (changes.entities.some(({ entity }) => entity === 'Tenant')) this.#concerned.forget();
      },
      commit: (changes) => {
        const events = teller.events(changes);
        if (events.length > 0) this.#lastOf.set(em, this.#appender.append(events));
      },
    };
  }

  #appended(seq: number | undefined): void {
    if (seq === undefined) return;
    currentDeed()?.note(seq);
    this.#onAppended(seq);
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
    this.log.close();
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
