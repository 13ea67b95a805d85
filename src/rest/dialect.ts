// A dialect: one small description of how it spells and refuses, and one table of rows.
import type { DocumentNode, TypedQueryDocumentNode } from 'graphql';
import type { At, Item, PathOf } from './path.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Dialect {
  /** As in `/1.0`: all below it is the dialect's to answer. */
  readonly prefix: string;
  /** Where below the prefix its table begins; more than one are the same routes twice. */
  readonly bases: readonly string[];
  readonly spelling: Spelling;
  /** How an answer says that there is nothing. */
  readonly absence: 'omitted' | 'null';
  /** What null in a body means: a value, or the same as leaving the key out. */
  readonly nullInBody: 'value' | 'absent';
  /** The status for an error code of the graph. */
  readonly statuses: Readonly<Record<string, number>>;
  /** `WWW-Authenticate` of a 401. */
  readonly challenge?: string;
  readonly errorBody: (message: string) => object;
  readonly rows: readonly Row[];
}

export interface Spelling {
  /** A name of the graph (`rateLimit`) as bodies and answers spell it (`rate-limit`). */
  readonly name: (name: string) => string;
  /** A word of an enum (`WARN`) in bodies and answers (`warn`). */
  readonly word: (word: string) => string;
  /** A key of a query string as bodies spell it. */
  readonly queryKey: (key: string) => string;
  /** The graph's id for one in a path, or undefined where it cannot be one. */
  readonly readId: (text: string) => string | undefined;
  readonly writeId: (id: string) => unknown;
}

/** A route. Its parameters, their names and what may be missing are in its documents. */
export interface Row {
  readonly method: Method;
  /** Each `{name}` is a variable of a document. */
  readonly paths: readonly string[];
  readonly status: number;
  /** What answers. */
  readonly document: DocumentNode;
  /** Where in the data the answer is; no body if left out. A list with `$after` in its document is read page by page. */
  readonly answer: string | undefined;
  /** What has to be there first: NOT_FOUND unless this path leads to something. */
  readonly under: Place | undefined;
  /** A mutation to run before the document is read. */
  readonly act: DocumentNode | undefined;
  /** Says one thing otherwise than the document does. */
  readonly each: ((item: unknown) => unknown) | undefined;
  /** Says all of the answer otherwise; it is told what `act` answered. */
  readonly whole: ((answer: unknown, acted: unknown) => unknown) | undefined;
  /** Values in a body that mean: as it is. */
  readonly unchanged: Readonly<Record<string, string>>;
}

export interface Place {
  readonly document: DocumentNode;
  readonly answer: string;
}

type Whole<Answer> = NonNullable<Answer>;

interface Options<Data, Path extends PathOf<Data>, Acted> {
  readonly answer?: Path;
  readonly under?: Place | undefined;
  readonly act?: TypedQueryDocumentNode<Acted, never>;
  readonly each?: (item: Item<At<Data, Path>>) => unknown;
  readonly whole?: (answer: Whole<At<Data, Path>>, acted: Acted) => unknown;
  readonly unchanged?: Readonly<Record<string, string>>;
}

/** A row, its path and functions checked against what the document answers with. */
export function row<Data, Path extends PathOf<Data>, Acted = undefined>(
  method: Method,
  path: string | readonly string[],
  status: number,
  document: TypedQueryDocumentNode<Data, never>,
  options: Options<Data, Path, Acted> = {},
): Row {
  return {
    method,
    paths: typeof path === 'string' ? [path] : path,
    status,
    document,
    answer: options.answer,
    under: options.under,
    act: options.act,
    each: options.each as Row['each'],
    whole: options.whole as Row['whole'],
    unchanged: options.unchanged ?? {},
  };
}

/** A place in what a document answers with, its path checked. */
export const place = <Data>(document: TypedQueryDocumentNode<Data, never>, answer: PathOf<Data>): Place => ({
  document,
  answer,
});
