// The parameters of a row: which there are, what may be missing and how they are called is all in its documents.
import {
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  isNonNullType,
  Kind,
  typeFromAST,
  type ValueNode,
} from 'graphql';
import type { Dialect, Row } from './dialect.ts';
import { badRequest } from './fault.ts';
import { Selections } from './selections.ts';
import { fromText, type Read, readerOf } from './values.ts';

/** What a request brings. */
export interface Given {
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** `Idempotency-Key`. */
  readonly key?: string | undefined;
  /** Answers with the version that a change has to find, if it depends on one. Throws a fault with status 412 if it must not be made. */
  readonly precondition?: (() => Promise<number | undefined>) | undefined;
}

interface Parameter {
  /** The variable. */
  readonly name: string;
  /** As bodies spell it. */
  readonly key: string;
  readonly type: GraphQLInputType;
  readonly isRequired: boolean;
  readonly read: Read;
}

// The dialect's own, and no parameters: where the next page begins, and the version of `If-Match`.
const RESERVED: ReadonlySet<string> = new Set(['after', 'ifVersion']);

export class Parameters {
  readonly #inPath: readonly Parameter[];
  readonly #others: readonly Parameter[];
  readonly #variableAt: ReadonlyMap<string, string>;

  constructor(
    schema: GraphQLSchema,
    private readonly dialect: Dialect,
    private readonly row: Row,
    documents: readonly DocumentNode[],
  ) {
    const all = new Map<string, Parameter>();
    const places = new Map<string, string>();
    for (const document of documents) {
      const selections = new Selections(schema, document);
      for (const definition of selections.operation.variableDefinitions ?? []) {
        const name = definition.variable.name.value;
        if (RESERVED.has(name)) continue;
        const type = typeFromAST(schema, definition.type as never) as unknown as GraphQLInputType;
        const isRequired = isNonNullType(type) && definition.defaultValue === undefined;
        const key = dialect.spelling.name(name);
        all.set(name, { name, key, type, isRequired, read: readerOf(type, dialect.spelling) });
      }
      for (const root of selections.of(selections.root, selections.operation.selectionSet)) {
        for (const { name, value } of root.node.arguments ?? []) collect(name.value, value, places);
      }
    }
    const named = pathNames(row.paths[0] as string);
    for (const name of named) if (!all.has(name)) throw new Error(`${row.paths[0]}: no document has $${name}`);
    this.#inPath = named.map((name) => all.get(name) as Parameter);
    this.#others = [...all.values()].filter(({ name }) => !named.includes(name));
    this.#variableAt = places;
  }

  /** The variables of the documents. Throws a fault with status 400 that names what is missing or wrong. */
  read({ path, query, body }: Given): Record<string, unknown> {
    const variables: Record<string, unknown> = {};
    for (const { name } of this.#inPath) variables[name] = this.#id(path[name] as string);
    if (this.#others.length === 0) return variables;
    const given = this.row.method === 'GET' || this.row.method === 'DELETE' ? this.#fromQuery(query) : asObject(body);
    const missing: string[] = [];
    for (const { name, key, isRequired, read } of this.#others) {
      const value = this.#isGiven(given, key) ? given[key] : undefined;
      if (isRequired && (value === undefined || value === null)) missing.push(key);
      if (value === undefined) continue;
      const fitting = read(value);
      if ('value' in fitting) variables[name] = fitting.value;
      else if (value !== null) throw badRequest(`The parameter ${JSON.stringify(key)} has to be ${fitting.wanted}.`);
    }
    if (missing.length > 0) throw badRequest(missingMessage(missing));
    return variables;
  }

  /** The variable that an error's field (`input.rateLimit`) was given by, as its key, and whether it stands in the path. */
  origin(field: string): { readonly key: string; readonly rest: string; readonly isInPath: boolean } | undefined {
    const place = [...this.#variableAt.keys()].find((each) => field === each || field.startsWith(`${each}.`));
    const name = place === undefined ? undefined : this.#variableAt.get(place);
    if (place === undefined || name === undefined) return undefined;
    const rest = field.slice(place.length);
    return { key: this.dialect.spelling.name(name), rest, isInPath: this.#inPath.some((each) => each.name === name) };
  }

  #isGiven(given: Record<string, unknown>, key: string): boolean {
    if (!Object.hasOwn(given, key)) return false;
    const value = given[key];
    if (value === null && this.dialect.nullInBody === 'absent') return false;
    return value !== this.row.unchanged[key] || !Object.hasOwn(this.row.unchanged, key);
  }

  #id(text: string): string {
    const id = this.dialect.spelling.readId(text);
    if (id === undefined) throw badRequest(`${JSON.stringify(text.slice(0, 100))} is not an id.`);
    return id;
  }

  #fromQuery(query: URLSearchParams): Record<string, unknown> {
    const given: Record<string, unknown> = {};
    for (const [key, text] of query) {
      const parameter = this.#others.find((each) => each.key === this.dialect.spelling.queryKey(key));
      if (!parameter) continue;
      if (Object.hasOwn(given, parameter.key)) throw badRequest(`The parameter ${JSON.stringify(key)} is given twice.`);
      given[parameter.key] = fromText(parameter.type, text);
    }
    return given;
  }
}

function asObject(body: unknown): Record<string, unknown> {
  if (body === undefined) return {};
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw badRequest('The body has to be a JSON object.');
  return body as Record<string, unknown>;
}

function missingMessage(keys: readonly string[]): string {
  const names = keys.map((key) => JSON.stringify(key)).join(', ');
  return keys.length === 1
    ? `The required parameter ${names} is missing.`
    : `The required parameters ${names} are missing.`;
}

/** The names in braces of a path. */
export const pathNames = (path: string): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);

/** Where in the arguments each variable stands: `input.rateLimit` is `$rateLimit`. */
function collect(at: string, value: ValueNode, places: Map<string, string>): void {
  if (value.kind === Kind.VARIABLE) places.set(at, value.name.value);
  if (value.kind === Kind.OBJECT)
    for (const field of value.fields) collect(`${at}.${field.name.value}`, field.value, places);
}
