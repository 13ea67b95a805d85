// A row at work: parameters become variables, documents run in process, and what they answer is found, paged and spelt.
import {
  type DocumentNode,
  type GraphQLFormattedError,
  getOperationAST,
  OperationTypeNode,
  specifiedRules,
  validate,
} from 'graphql';
import { type Context, forRequest } from '../graph/context.ts';
import type { Executor } from '../graph/executor.ts';
import { etagOf, preconditionFailed, type Representation } from './conditions.ts';
import type { Dialect, Method, Row } from './dialect.ts';
import { Fault } from './fault.ts';
import { Finder } from './finder.ts';
import { type Given, Parameters } from './parameters.ts';
import { Selections } from './selections.ts';
import { VERSION } from './writer.ts';

type Answer = Record<string, unknown>;
type Variables = Record<string, unknown>;

export interface Reply extends Representation {
  readonly status: number;
  /** JSON text: whole, or in pieces that come as they are read; undefined where there is no body. */
  readonly body: string | AsyncIterable<string> | undefined;
  /** Whether the change had been made before, under the same key. */
  readonly isReplayed: boolean;
}

/** What a document answered first, and what the rest of it is asked with. */
interface Found {
  readonly answer: Finder;
  readonly data: Answer;
  readonly variables: Variables;
  readonly context: Context;
}

interface Executed {
  readonly data?: Answer;
  readonly errors?: readonly GraphQLFormattedError[] | undefined;
}

const CREATED = 201;
const KEY_HEADER = 'Idempotency-Key';

/** Of what is no dialect's own: the headers of safe repetition mean the same in all of them. */
const STATUSES: Readonly<Record<string, number>> = { IDEMPOTENCY_KEY_REUSED: 422, IDEMPOTENCY_KEY_IN_USE: 409 };

// What a document may have beyond the specification's rules: nothing. Unused fragments come from files, which share them.
const RULES = specifiedRules.filter((rule) => rule.name !== 'NoUnusedFragmentsRule');

export class Route {
  readonly #parameters: Parameters;
  readonly #answer: Finder | undefined;
  /** What changes something; undefined for a route that only reads. */
  readonly #change: DocumentNode | undefined;
  readonly #under: Finder | undefined;
  /** The variables of each document. */
  readonly #variables = new Map<DocumentNode, readonly string[]>();

  /** Throws if the row does not fit the schema: at boot, not at a customer's request. */
  constructor(
    private readonly executor: Executor,
    private readonly dialect: Dialect,
    private readonly row: Row,
    readonly path: string,
  ) {
    const { schema } = executor;
    const documents = [row.under?.document, row.act, row.document].filter((each) => each !== undefined);
    this.#change = row.act ?? (isMutation(row.document) ? row.document : undefined);
    for (const document of documents) {
      const [error] = validate(schema, document, RULES);
      if (error) throw new Error(`${row.method} ${dialect.prefix}${path}: ${error.message}`);
      const definitions = new Selections(schema, document).operation.variableDefinitions ?? [];
      this.#variables.set(
        document,
        definitions.map(({ variable }) => variable.name.value),
      );
    }
    this.#parameters = new Parameters(schema, dialect, row, documents);
    this.#answer =
      row.answer === undefined ? undefined : Finder.of({ document: row.document, answer: row.answer }, schema, dialect);
    this.#under = row.under && Finder.of(row.under, schema, dialect);
  }

  get method(): Method {
    return this.row.method;
  }

  /** Throws faults. */
  async run(given: Given, base: Context): Promise<Reply> {
    const { row } = this;
    const context = forRequest(base, { key: given.key });
    const variables = this.#parameters.read(given);
    const kept = await this.#recall(given, variables, context);
    const changed = kept ?? (await this.#do(given, variables, context));
    const data =
      row.document === this.#change && changed ? changed : await this.#data(row.document, variables, context);
    const isReplayed = Boolean(context.repeat?.replayed.length);
    const said = { status: row.status, isReplayed };
    if (!this.#answer) return { ...said, body: undefined, etag: undefined, version: undefined };
    const found: Found = { answer: this.#answer, data, variables, context };
    const body = row.whole ? JSON.stringify(row.whole(await this.#all(found), changed)) : this.#told(found);
    const version = this.#versionOf(found);
    return { ...said, body, etag: this.#etag(body, version), version };
  }

  /**
   * The answer of a change that was made before under this key. It is asked for before all else: what the first request found, as the
   * thing that it deleted or the version that it changed, is not there any longer.
   */
  async #recall({ key }: Given, variables: Variables, context: Context): Promise<Answer | undefined> {
    if (!this.#change || key === undefined) return undefined;
    const recall: Context = { ...context, repeat: { key, isRecall: true, replayed: context.repeat?.replayed ?? [] } };
    const { data, errors } = await this.#execute(this.#change, variables, recall);
    if (data) return data;
    const isUnknown = errors?.[0]?.extensions?.code === 'NOT_FOUND' && recall.repeat?.replayed.length === 0;
    if (!isUnknown) throw this.#fault(errors?.[0]);
    return undefined;
  }

  /** Makes the change, if what the request depends on holds. */
  async #do(given: Given, variables: Variables, context: Context): Promise<Answer | undefined> {
    const { row } = this;
    const ifVersion = await given.precondition?.();
    if (row.under) this.#under?.find(await this.#data(row.under.document, variables, context), variables);
    if (!this.#change) return undefined;
    const { data, errors } = await this.#execute(this.#change, { ...variables, ifVersion }, context);
    if (data) return data;
    const isOutrun = ifVersion !== undefined && errors?.[0]?.extensions?.code === 'VERSION_CONFLICT';
    throw isOutrun ? preconditionFailed() : this.#fault(errors?.[0]);
  }

  /** Of what is read, and of what was just created; a change of what is there does not answer with what was sent. */
  #etag(body: Reply['body'], version: number | undefined): string | undefined {
    const isTold = this.row.method === 'GET' || (this.row.status === CREATED && version !== undefined);
    return isTold && typeof body === 'string' ? etagOf(body, version) : undefined;
  }

  #versionOf({ answer, data, variables }: Found): number | undefined {
    if (answer.isList || this.row.whole) return undefined;
    const { [VERSION]: version } = answer.find(data, variables) as { version?: unknown };
    return typeof version === 'number' ? version : undefined;
  }

  #told(found: Found): Reply['body'] {
    const { answer, data, variables } = found;
    const told = answer.find(data, variables);
    if (!answer.isList) return JSON.stringify(this.#one(answer, told));
    if (answer.isPaged && answer.pageInfo(data, variables).hasNextPage) return this.#pieces(found);
    return this.#list(answer, told as unknown[]);
  }

  /** A long list, page by page: never more of it in memory than a page, and nothing is read for a client that has gone. */
  async *#pieces(found: Found): AsyncGenerator<string> {
    let opening = '[';
    for await (const page of this.#pages(found)) {
      if (page.length === 0) continue;
      yield opening + this.#list(found.answer, page).slice(1, -1);
      opening = ',';
    }
    yield ']';
  }

  async *#pages({ answer, data: first, variables, context }: Found): AsyncGenerator<unknown[]> {
    for (let data = first; ; ) {
      yield answer.find(data, variables) as unknown[];
      const { hasNextPage, endCursor } = answer.pageInfo(data, variables);
      if (!hasNextPage) return;
      data = await this.#data(this.row.document, { ...variables, after: endCursor }, context);
    }
  }

  async #all(found: Found): Promise<unknown> {
    if (!found.answer.isPaged) return found.answer.find(found.data, found.variables);
    const all: unknown[] = [];
    for await (const page of this.#pages(found)) all.push(...page);
    return all;
  }

  #list(answer: Finder, items: readonly unknown[]): string {
    return JSON.stringify(items.map((item) => this.#one(answer, item)));
  }

  #one(answer: Finder, item: unknown): unknown {
    return this.row.each ? this.row.each(item) : answer.write(item);
  }

  async #data(document: DocumentNode, variables: Variables, context: Context): Promise<Answer> {
    const { data, errors } = await this.#execute(document, variables, context);
    if (data) return data;
    throw this.#fault(errors?.[0]);
  }

  async #execute(document: DocumentNode, variables: Variables, context: Context): Promise<Executed> {
    const own = this.#variables.get(document) ?? [];
    const given = own.filter((name) => variables[name] !== undefined).map((name) => [name, variables[name]]);
    return this.executor.run(document, Object.fromEntries(given), context);
  }

  /** An error of the graph in the words of the dialect: its status, and the parameter's name in place of the input's. */
  #fault(error: GraphQLFormattedError | undefined): Fault {
    const { code, field, retryAfter } = (error?.extensions ?? {}) as {
      code?: string;
      field?: string;
      retryAfter?: number;
    };
    const message = (error?.message ?? 'Something went wrong in the gateway.').replace(
      /^idempotencyKey /,
      `${KEY_HEADER} `,
    );
    const origin = field === undefined ? undefined : this.#parameters.origin(field);
    const status = STATUSES[code ?? ''] ?? this.dialect.statuses[code ?? ''] ?? 500;
    const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
    if (!origin || origin.isInPath) return new Fault(status, message, headers);
    const name = origin.key + origin.rest;
    const said = message.startsWith(`${field} `) ? name + message.slice((field as string).length) : message;
    // Not found is said of what the path addresses; what a body names is a wrong parameter.
    return new Fault(status === 404 ? 400 : status, said.startsWith(`${name} `) ? said : `${name}: ${said}`);
  }
}

const isMutation = (document: DocumentNode) => getOperationAST(document)?.operation === OperationTypeNode.MUTATION;
