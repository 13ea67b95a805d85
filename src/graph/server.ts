// GraphQL over HTTP: Apollo's pipeline, with reads answered by the planner.
import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import type { FormattedExecutionResult, GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { GantryError } from '../errors.ts';
import type { Context } from './context.ts';
import { errorFormatter } from './errors.ts';
import type { Planner } from './planner.ts';

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
    ],
  });
}

/** A query that is the store's alone to answer skips the execution field by field. */
function answerFromPlans(planner: Planner): ApolloServerPlugin<Context> {
  return {
    requestDidStart: async () => ({
      responseForOperation: async ({ document, request }) => {
        const data = attempt(() => planner.answer(document, request.operationName, request.variables ?? {}));
        if (data === undefined) return null;
        const singleResult = { data: new JsonText(data) as unknown as Record<string, unknown> };
        return { http: { headers: new HeaderMap() }, body: { kind: 'single', singleResult } };
      },
    }),
  };
}

// An argument that does not fit is told by the long way, which knows the path of the field.
function attempt(read: () => string | undefined): string | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof GantryError) return undefined;
    throw error;
  }
}

function stringifyResult(result: FormattedExecutionResult): string {
  const data: unknown = result.data;
  return data instanceof JsonText ? `{"data":${data.text}}` : JSON.stringify(result);
}
