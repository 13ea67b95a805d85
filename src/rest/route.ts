// A row at work: parameters become variables, documents run in process, and what they answer is found, paged and spelt.
import { type DocumentNode, type GraphQLFormattedError, specifiedRules, validate } from 'graphql';
import type { Context } from '../graph/context.ts';
import type { Executor } from '../graph/executor.ts';
import type { Dialect, Method, Row } from './dialect.ts';
import { Fault } from './fault.ts';
import { Finder } from './finder.ts';
import { type Given, Parameters } from './parameters.ts';
import { Selections } from './selections.ts';

type Answer = Record<string, unknown>;
type Variables = Record<string, unknown>;

export interface Reply {
  readonly status: number;
  /** JSON text: whole, or in pieces that come as they are read; undefined where there is no body. */
  readonly body: string | AsyncIterable<string> | undefined;
}

/** What a document answered first, and what the rest of it is asked with. */
interface Found {
  readonly answer: Finder;
  readonly data: Answer;
  readonly variables: Variables;
  readonly context: Context;
}

// What a document may have beyond the specification's rules: nothing. Unused fragments come from files, which share them.
const RULES = specifiedRules.filter((rule) => rule.name !== 'NoUnusedFragmentsRule');

export class Route {
  readonly #parameters: Parameters;
  readonly #answer: Finder | undefined;
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
  async run(given: Given, context: Context): Promise<Reply> {
    const { row } = this;
    const variables = this.#parameters.read(given);
    if (row.under) this.#under?.find(await this.#data(row.under.document, variables, context), variables);
    const acted = row.act && (await this.#data(row.act, variables, context));
    const data = await this.#data(row.document, variables, context);
    if (!this.#answer) return { status: row.status, body: undefined };
    const found: Found = { answer: this.#answer, data, variables, context };
    const body = row.whole ? JSON.stringify(row.whole(await this.#all(found), acted)) : this.#told(found);
    return { status: row.status, body };
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
    const own = this.#variables.get(document) ?? [];
    const given = Object.fromEntries(own.filter((name) => name in variables).map((name) => [name, variables[name]]));
    const { data, errors } = (await this.executor.run(document, given, context)) as {
      data?: Answer;
      errors?: GraphQLFormattedError[];
    };
    if (data) return data;
    throw this.#fault(errors?.[0]);
  }

  /** An error of the graph in the words of the dialect: its status, and the parameter's name in place of the input's. */
  #fault(error: GraphQLFormattedError | undefined): Fault {
    const { code, field } = (error?.extensions ?? {}) as { code?: string; field?: string };
    const message = error?.message ?? 'Something went wrong in the gateway.';
    const origin = field === undefined ? undefined : this.#parameters.origin(field);
    const status = this.dialect.statuses[code ?? ''] ?? 500;
    if (!origin || origin.isInPath) return new Fault(status, message);
    const name = origin.key + origin.rest;
    const said = message.startsWith(`${field} `) ? name + message.slice((field as string).length) : message;
    // Not found is said of what the path addresses; what a body names is a wrong parameter.
    return new Fault(status === 404 ? 400 : status, said.startsWith(`${name} `) ? said : `${name}: ${said}`);
  }
}
