// The words of SQL that reads are written in, and what the parts of a statement need of its writer.
import type { Model, Models } from './model.ts';
import type { ObjectSelection, ReadArgs } from './selection.ts';
import type { Statement } from './statement.ts';
import type { SightWriter } from './visibility.ts';

/** The function of the database that says what is shown of a sealed value. */
export const SHOW_SECRET = 'show_secret';

/** The function of the database that takes the case from a text, of whatever script. */
export const FOLD_CASE = 'fold_case';

export const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;
export const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

export const jsonObject = (entries: readonly (readonly [string, string])[]) =>
  `json_object(${entries.map(([key, sql]) => `${literal(key)},${sql}`).join(',')})`;

/** Columns of a row that an expression reads, by name: what the select below it has to deliver. */
export type Needs = Set<string>;

export interface Writer {
  readonly statement: Statement;
  readonly models: Models;
  /** The arguments of the run that the statement is written for; only their shape may decide about its text. */
  readonly args: readonly ReadArgs[];
  /** A name for a table that no other has in this statement. */
  alias(): string;
  model(entity: string): Model;
  /** Present for a reader who may not see everything. */
  readonly sight: SightWriter | undefined;
  object(selection: ObjectSelection, alias: string, needs: Needs): string;
  /** Writes what is read `times` for each row around it. Throws BAD_USER_INPUT for a read that is too deep or too large. */
  repeated<T>(times: number, write: () => T): T;
}
