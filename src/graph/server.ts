// GraphQL over HTTP: Apollo's pipeline, with reads answered by the planner.
import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { type FormattedExecutionResult, GraphQLError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import type { Logger } from 'pino';
import { type Context, replayExtensions } from './context.ts';
import { errorFormatter } from './errors.ts';
import { MAX_TOKENS } from './limits.ts';
import type { Planner } from './planner.ts';
import { expectKnown } from './rights.ts';

/** Data that the database wrote as JSON: it is sent as it is. */
class JsonText {
  constructor(readonly text: string) {}

  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

export function createServer(schema: GraphQLSchema, planner: Planner, log: Logger): ApolloServer<Context> {
  return new ApolloServer<Context>({
    schema,
    parseOptions: { maxTokens: MAX_TOKENS },
    formatError: errorFormatter(log),
    stringifyResult,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    // The process as a whole decides when it ends.
    stopOnTerminationSignals: false,
    logger: log,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
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
      Object.assign(response.body.singleResult, told);
    },
  }),
};

/** A query that is the store's alone to answer skips the execution field by field. */
function answerFromPlans(planner: Planner): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ operation, contextValue }) => {
        if (operation) expectKnown(contextValue.actor, operation);
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
  return data instanceof JsonText ? `{"data":${data.text}}` : JSON.stringify(result);
}
