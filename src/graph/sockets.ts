// GraphQL over WebSocket (the graphql-transport-ws protocol): subscriptions, and all other operations too.
import type { Server } from 'node:http';
import {
  type ExecutionResult,
  type FormattedExecutionResult,
  type GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  parse,
} from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { Context } from './context.ts';
import type { FormatError } from './errors.ts';
import type { Hosts } from './hosts.ts';
import { MAX_TOKENS } from './limits.ts';

// No document and no input comes near it.
const MAX_MESSAGE_BYTES = 1024 * 1024;
const INIT_TIMEOUT_MS = 5_000;

export interface Sockets {
  /** Tells every client that the gateway goes away (close code 1001) and waits until they have gone. */
  close(): Promise<void>;
}

export function openSockets(
  http: Server,
  path: string,
  schema: GraphQLSchema,
  context: Context,
  format: FormatError,
  hosts: Hosts,
): Sockets {
  const sockets = new WebSocketServer({
    server: http,
    path,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    verifyClient: ({ req }, answer) => {
      const refusal = hosts.refusal(req);
      answer(refusal === undefined, 403, refusal);
    },
  });
  const formatAll = (errors: readonly GraphQLError[]): readonly GraphQLFormattedError[] =>
    errors.map((error) => format(error.toJSON(), error));
  const server = useServer(
    {
      schema,
      context: () => context,
      parse: (source) => parse(source, { maxTokens: MAX_TOKENS }),
      connectionInitWaitTimeout: INIT_TIMEOUT_MS,
      onError: (_connection, _id, _payload, errors) => formatAll(errors as GraphQLError[]),
      onNext: (_connection, _id, _payload, _args, result) => withErrors(result as ExecutionResult, formatAll),
    },
    sockets,
  );
  return { close: async () => void (await server.dispose()) };
}

function withErrors(
  result: ExecutionResult,
  format: (errors: readonly GraphQLError[]) => readonly GraphQLFormattedError[],
): FormattedExecutionResult {
  const { errors, ...rest } = result;
  return errors ? { ...rest, errors: format(errors) } : rest;
}
