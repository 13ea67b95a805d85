// Subscriptions as server-sent events, for those who cannot speak WebSocket: `event: next` for each value, `event: complete` at the end.
import type { ServerResponse } from 'node:http';
import {
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  OperationTypeNode,
  parse,
  subscribe,
  validate,
  visit,
} from 'graphql';
import { badInput, GantryError } from '../errors.ts';
import { watchSession } from '../platform/sessions.ts';
import type { Context } from './context.ts';
import type { FormatError } from './errors.ts';
import { type DocumentLimits, expectAllowed, MAX_TOKENS } from './limits.ts';

const MAX_STREAMS = 10_000;
// A line now and then, so that what sits in between keeps the connection, and a reader that is gone is noticed.
const HEARTBEAT_MS = 12_000;

export interface StreamRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName: string | undefined;
  /** What a reader that comes again has last taken. */
  readonly lastEventId: string | undefined;
}

export class EventStreams {
  readonly #open = new Set<() => void>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly limits: DocumentLimits,
    private readonly format: FormatError,
  ) {}

  /** Throws BAD_USER_INPUT, and the errors of the subscription, while nothing has been answered. Resolves at the end of the stream. */
  async run(context: Context, request: StreamRequest, response: ServerResponse): Promise<void> {
    if (this.#open.size >= MAX_STREAMS) throw new GantryError('UNAVAILABLE', 'Too many streams are open.');
    const values = await this.#subscribe(context, request);
    let isOver = false;
    let wake = () => {};
    const end = () => {
      isOver = true;
      wake();
      void values.return?.(undefined);
    };
    const forget = watchSession(context.platform, context.actor, end);
    const heartbeat = setInterval(() => response.write(':\n\n'), HEARTBEAT_MS);
    response.on('close', end);
    response.on('drain', () => wake());
    this.#open.add(end);
    try {
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache',
        'x-accel-buffering': 'no',
        'x-content-type-options': 'nosniff',
      });
      response.write(':\n\n');
      for (let next = await this.#next(values); !next.done && !isOver; next = await this.#next(values)) {
        const { lastResort, value } = next;
        // Nothing more is read for a reader that does not read: it waits in the log.
        if (!response.write(frameOf(value)) && !isOver) await new Promise<void>((resolve) => (wake = resolve));
        if (lastResort) break;
      }
      response.write('event: complete\ndata:\n\n');
    } finally {
      this.#open.delete(end);
      clearInterval(heartbeat);
      forget();
      end();
      response.end();
    }
  }

  /** Ends every stream. */
  close(): void {
    for (const end of this.#open) end();
  }

  async #subscribe(context: Context, request: StreamRequest): Promise<AsyncGenerator<ExecutionResult>> {
    const { variables, operationName } = request;
    const document = parse(request.query, { maxTokens: MAX_TOKENS });
    const [invalid] = validate(this.schema, document);
    if (invalid) throw badInput(invalid.message, 'query');
    if (getOperationAST(document, operationName)?.operation !== OperationTypeNode.SUBSCRIPTION)
      throw badInput('Only subscriptions are answered as text/event-stream.', 'query');
    expectAllowed(this.limits, this.schema, document, operationName, variables);
    const result = await subscribe({
      schema: this.schema,
      document: resumed(document, request.lastEventId),
      variableValues: variables,
      operationName,
      contextValue: context,
    });
    if (Symbol.asyncIterator in result) return result as AsyncGenerator<ExecutionResult>;
    const { originalError, message } = result.errors?.[0] ?? { message: 'It cannot be subscribed to.' };
    throw originalError instanceof GantryError ? originalError : badInput(message, 'query');
  }

  /** What goes wrong in the middle is the last that is told. */
  async #next(values: AsyncGenerator<ExecutionResult>) {
    try {
      const { done, value } = await values.next();
      if (done) return { done: true as const };
      const errors = value.errors?.map((error: GraphQLError) => this.format(error.toJSON(), error));
      return { done: false as const, lastResort: false, value: errors ? { ...value, errors } : value };
    } catch (error) {
      return { done: false as const, lastResort: true, value: { errors: [this.format({ message: '' }, error)] } };
    }
  }
}

/** The same document, with the root field's `after` as the place where the reader left. */
function resumed(document: DocumentNode, after: string | undefined): DocumentNode {
  if (after === undefined) return document;
  return visit(document, {
    OperationDefinition: (operation) => ({
      ...operation,
      selectionSet: {
        ...operation.selectionSet,
        selections: operation.selectionSet.selections.map((field) =>
          field.kind === Kind.FIELD
            ? {
                ...field,
                arguments: [
                  ...(field.arguments ?? []).filter(({ name }) => name.value !== 'after'),
                  {
                    kind: Kind.ARGUMENT as const,
                    name: { kind: Kind.NAME as const, value: 'after' },
                    value: { kind: Kind.STRING as const, value: after },
                  },
                ],
              }
            : field,
        ),
      },
    }),
  });
}

/** With the cursor as its id, where it was asked for: readers send the last one when they come again. */
function frameOf(value: { readonly data?: unknown }): string {
  const [root] = Object.values((value.data ?? {}) as Record<string, { cursor?: unknown } | null>);
  const id = typeof root?.cursor === 'string' ? `id: ${root.cursor}\n` : '';
  return `${id}event: next\ndata: ${JSON.stringify(value)}\n\n`;
}
