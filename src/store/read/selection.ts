// What a read asks for, as plain data: which columns, relations and pages, each under the key that it has in the answer.
// Nothing in here knows GraphQL or SQL; `graph` makes it, the SQL writer beside it reads it.

export interface ObjectSelection {
  /** Name of the entity. */
  readonly entity: string;
  readonly fields: readonly FieldSelection[];
}

export type FieldSelection =
  | { readonly kind: 'typename'; readonly key: string; readonly name: string }
  | { readonly kind: 'value'; readonly key: string; readonly property: string }
  | { readonly kind: 'one'; readonly key: string; readonly property: string; readonly object: ObjectSelection }
  | { readonly kind: 'page'; readonly key: string; readonly property: string; readonly page: PageSelection };

/** A page of a list. `args` is its place in the list of arguments that comes with each run. */
export interface PageSelection {
  readonly entity: string;
  readonly args: number;
  readonly parts: readonly PagePart[];
}

export type PagePart =
  | { readonly kind: 'typename'; readonly key: string; readonly name: string }
  | { readonly kind: 'nodes'; readonly key: string; readonly object: ObjectSelection }
  | { readonly kind: 'edges'; readonly key: string; readonly parts: readonly EdgePart[] }
  | { readonly kind: 'pageInfo'; readonly key: string; readonly parts: readonly PageInfoPart[] }
  | { readonly kind: 'totalCount'; readonly key: string }
  /** The place in the log that the page was read at. */
  | { readonly kind: 'asOf'; readonly key: string };

export type EdgePart =
  | { readonly kind: 'typename'; readonly key: string; readonly name: string }
  | { readonly kind: 'cursor'; readonly key: string }
  | { readonly kind: 'node'; readonly key: string; readonly object: ObjectSelection };

export type PageInfoPart =
  | { readonly kind: 'typename'; readonly key: string; readonly name: string }
  | { readonly kind: 'hasNextPage' | 'hasPreviousPage' | 'startCursor' | 'endCursor'; readonly key: string };

/** One root of a read: a thing by its id, a page of all there are, or the place in the log that all of it was read at. */
export type RootSelection =
  | { readonly kind: 'asOf'; readonly key: string }
  | { readonly kind: 'one'; readonly key: string; readonly args: number; readonly object: ObjectSelection }
  | { readonly kind: 'page'; readonly key: string; readonly page: PageSelection };

export interface OrderArgs {
  readonly field: string;
  readonly direction: 'ASC' | 'DESC';
}

/** The arguments of a root by id or of a page. Ids and cursors are public ones. */
export interface ReadArgs {
  readonly id?: string;
  /** All of a list, where no page of it is asked for. Only documents of the house read so. */
  readonly whole?: true;
  readonly first?: number;
  readonly last?: number;
  readonly after?: string;
  readonly before?: string;
  readonly orderBy?: OrderArgs;
  readonly filter?: Readonly<Record<string, unknown>>;
}
