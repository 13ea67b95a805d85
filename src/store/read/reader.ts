// Runs reads on a read-only connection of its own: it sees what is committed, waits for no writer, and keeps its statements prepared.
import type { MetadataStorage } from '@mikro-orm/core';
import Database from 'better-sqlite3';
import { keyOf } from '../ids.ts';
import type { ShowSecret } from '../shown-secrets.ts';
import { type Models, readModels } from './model.ts';
import type { ReadArgs, RootSelection } from './selection.ts';
import { type CompiledRead, compileRead } from './sql.ts';
import { type Sight, SightWriter } from './visibility.ts';
import { FOLD_CASE, quote, SHOW_SECRET } from './words.ts';

// Statements kept prepared; more than the documents that a platform's tools speak, few enough to be no memory worth naming.
const MAX_PREPARED = 500;

export type { Models };

/** A planned read: made once for a document, run with the arguments of each request. */
export interface PlannedRead {
  readonly roots: readonly RootSelection[];
  /** The statements of this read, by the shape of the arguments. */
  readonly compiled: Map<string, CompiledRead>;
}

export class Reader {
  readonly models: Models;
  /** Called with each statement before it runs. */
  onStatement: ((sql: string) => void) | undefined;
  readonly #database: Database.Database;
  readonly #prepared = new Map<string, Database.Statement>();

  constructor(
    file: string,
    metadata: MetadataStorage,
    showSecret: ShowSecret,
    private readonly sight: Sight,
  ) {
    this.models = readModels(metadata);
    this.#database = new Database(file, { readonly: true, timeout: 5000 });
    // SQLite's own lower() knows the letters A to Z only.
    this.#database.function(FOLD_CASE, { deterministic: true }, (text) =>
      typeof text === 'string' ? text.toLowerCase() : text,
    );
    this.#database.function(SHOW_SECRET, { deterministic: true }, showSecret as (...args: unknown[]) => unknown);
    // The deep graph is read from memory, not by copying pages through the file.
    this.#database.pragma('mmap_size = 268435456');
    this.#database.pragma('cache_size = -65536');
  }

  /** The answer as JSON text: an object with a key for each root. With a viewer, only what that one sees is there. Throws BAD_USER_INPUT for arguments that do not fit. */
  read(plan: PlannedRead, args: readonly ReadArgs[], viewer?: string): string {
    const shape = (viewer === undefined ? '' : 'seen by one ') + JSON.stringify(args, shapeOf);
    let compiled = plan.compiled.get(shape);
    if (!compiled) {
      compiled = compileRead(this.models, plan.roots, args, viewer === undefined ? undefined : this.sight);
      if (plan.compiled.size >= MAX_PREPARED) plan.compiled.clear();
      plan.compiled.set(shape, compiled);
    }
    return this.get(compiled.sql, compiled.values(args, viewer)) as string;
  }

  /** Whether a reader who may not see everything sees this one. */
  sees(viewer: string, entity: string, id: string): boolean {
    const model = this.models.get(entity);
    if (!model) throw new Error(`no entity ${entity}`);
    const rows = new SightWriter(this.models, this.sight, '@viewer').rows(model, 't');
    const sql = `select 1 from ${quote(model.table)} t where t.${quote(model.key)} = @key and ${rows}`;
    // An entity that is not seen at all asks for no reader.
    return rows !== '0' && this.get(sql, { key: keyOf(entity, id), viewer }) === 1;
  }

  /** The first column of the first row. */
  get(sql: string, params: unknown[] | Record<string, unknown>): unknown {
    this.onStatement?.(sql);
    let statement = this.#prepared.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql).pluck();
      if (this.#prepared.size >= MAX_PREPARED) this.#prepared.clear();
      this.#prepared.set(sql, statement);
    }
    return statement.get(params);
  }

  close(): void {
    this.#database.close();
  }
}

// What decides about the statement's text is kept, what is bound is not: two runs with the same shape share a statement.
function shapeOf(key: string, value: unknown): unknown {
  if (typeof value === 'string') return key === 'field' || key === 'direction' ? value : '';
  if (typeof value === 'number') return key === 'first' || key === 'last' ? value : 0;
  // Elements of a list are bound as one parameter; the arguments themselves are a list of objects.
  return Array.isArray(value) && typeof value[0] !== 'object' ? [] : value;
}
