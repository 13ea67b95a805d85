// GraphQL over HTTP: Apollo's pipeline, with reads answered by the planner.
import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { type FormattedExecutionResult, GraphQLError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import type { Logger } from 'pino';
import { GantryError } from '../errors.ts';
import { type Context, replayExtensions } from './context.ts';
import { errorFormatter } from './errors.ts';
import { type DocumentLimits, expectAllowed, MAX_ERRORS, MAX_TOKENS } from './limits.ts';
import type { Planner } from './planner.ts';

/** Data that the database wrote as JSON: it is sent as it is. */
class JsonText {
  constructor(readonly text: string) {}

  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

export interface ServerOptions {
  readonly limits: DocumentLimits;
  /** Whether the schema may be asked for, and told of in errors. */
  readonly isIntrospected: boolean;
}

export function createServer(
  schema: GraphQLSchema,
  planner: Planner,
  { limits, isIntrospected }: ServerOptions,
  log: Logger,
): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema,
    parseOptions: { maxTokens: MAX_TOKENS },
    formatError: errorFormatter(log),
    stringifyResult,
    introspection: isIntrospected,
    hideSchemaDetailsFromClientErrors: !isIntrospected,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    // The process as a whole decides when it ends.
    stopOnTerminationSignals: false,
    logger: log,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      withinLimits(schema, limits),
      answerFromPlans(planner),
      tellReplays,
    ],
  });
}

/** Says in the answer, and in a header, which mutations were not done again. */
const tellReplays: ApolloServerPlugin<Context> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ contextValue, response }) => {
      const told = replayExtensions(contextValue);
      if (!told || response.body.kind !== 'single') return;
      response.http.headers.set('idempotency-replayed', 'true');
      const { singleResult } = response.body;
      singleResult.extensions = { ...singleResult.extensions, ...told.extensions };
    },
  }),
};
/** Refuses what would cost too much before anything of it runs, and tells every answer what it cost. */
function withinLimits(schema: GraphQLSchema, limits: DocumentLimits): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => {
      let cost: number | undefined;
      return {
        didResolveOperation: async ({ document, request: { operationName, variables = {} } }) => {
          try {
            cost = expectAllowed(limits, schema, document, operationName, variables);
          } catch (error) {
            throw refusal(error);
          }
        },
        willSendResponse: async ({ response: { body } }) => {
          if (body.kind !== 'single') return;
          const result = body.singleResult;
          if (result.errors) body.singleResult = { ...result, errors: result.errors.slice(0, MAX_ERRORS) };
          if (cost === undefined) return;
          const extensions = { ...body.singleResult.extensions, cost };
          body.singleResult = { ...body.singleResult, extensions };
        },
      };
    },
  };
}

// Without a status of its own it would be answered with 500.
function refusal(error: unknown): unknown {
  if (!(error instanceof GantryError)) return error;
  const extensions = { code: error.code, http: { status: 400 } };
  return new GraphQLError(error.message, { originalError: error, extensions });
}

/** A query that is the store's alone to answer skips the execution field by field. */
function answerFromPlans(planner: Planner): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ operation }) => {
        if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return;
        const extensions = { code: 'BAD_REQUEST', http: { status: 400 } };
        throw new GraphQLError('Subscriptions go over the WebSocket at the same address.', { extensions });
      },
      responseForOperation: async ({ document, request, contextValue }) => {
        const { operationName, variables = {} } = request;
        const data = attempt(() => planner.answer(document, operationName, variables, contextValue.actor));
        if (data === undefined) return null;
        const singleResult = { data: new JsonText(data) as unknown as Record<string, unknown> };
        return { http: { headers: new HeaderMap() }, body: { kind: 'single', singleResult } };
      },
    }),
  };
}

// What goes wrong is told by the long way, which knows the path of the field.
function attempt(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function stringifyResult(result: FormattedExecutionResult): string {
  const data: unknown = result.data;
  if (!(data instanceof JsonText)) return JSON.stringify(result);
  const extensions = result.extensions ? `,"extensions":${JSON.stringify(result.extensions)}` : '';
  return `{"data":${data.text}${extensions}}`;
}
