// GraphQL over WebSocket (the graphql-transport-ws protocol): subscriptions, and all other operations too.
import type { Server } from 'node:http';
import { setImmediate as soon } from 'node:timers/promises';
import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  parse,
  subscribe,
} from 'graphql';
import type { Context as GraphqlContext } from 'graphql-ws';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { GantryError } from '../errors.ts';
import { atMost } from '../patience.ts';
import { watchSession } from '../platform/sessions.ts';
import { type Context, forRequest, replayExtensions } from './context.ts';
import { type Door, knownOnly } from './door.ts';
import type { FormatError } from './errors.ts';
import type { Hosts } from './hosts.ts';
import { type DocumentLimits, expectAllowed, MAX_TOKENS } from './limits.ts';

// No document comes near it, and what is larger goes over HTTP.
const MAX_MESSAGE_BYTES = 64 * 1024;
const INIT_TIMEOUT_MS = 3_000;
// Whoever needs more opens another socket.
const MAX_OPERATIONS = 64;

export interface Sockets {
  /**
   * No new operations; queries and mutations under way are answered, for at most so long. Then every client is told that the gateway
   * goes away (close code 1001). Resolves when they have gone.
   */
  close(graceMs: number): Promise<void>;
}

/** Who is at the other end of a socket, as far as it was let in. */
interface Guest extends Record<PropertyKey, unknown> {
  context?: Context;
  forget?: () => void;
}

type Connection = GraphqlContext<Record<string, unknown>, Guest & Extra>;

// Clients take 4401 as final, and 4403 as a reason to come again with something else.
const UNAUTHORIZED = 4401;
const FORBIDDEN = 4403;

/** Lets in who shows what opens: in `connectionParams`, or, where a client can set it, in the header of the upgrade. */
async function admit({ connectionParams, extra }: Connection, door: Door): Promise<boolean> {
  const { authorization, Authorization = authorization, token } = connectionParams ?? {};
  const shown = token === undefined ? (Authorization ?? extra.request.headers.authorization) : `Bearer ${token}`;
  const address = extra.request.socket.remoteAddress ?? '';
  try {
    const context = await knownOnly(door)({ authorization: shown === undefined ? undefined : String(shown), address });
    extra.context = context;
    const end = () => extra.socket.close(FORBIDDEN, 'Your token has ended.');
    extra.forget = watchSession(context.platform, context.actor, end);
    return true;
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    // A reason has 123 bytes.
    extra.socket.close(UNAUTHORIZED, error.code);
    return false;
  }
}

export function openSockets(
  http: Server,
  path: string,
  schema: GraphQLSchema,
  door: Door,
  limits: DocumentLimits,
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
  const underWay = new Set<Promise<unknown>>();
  let isClosing = false;
  const server = useServer<Record<string, unknown>, Guest>(
    {
      schema,
      execute: (args) => {
        const result = Promise.resolve(within(limits, args) ?? execute(args)).finally(() => underWay.delete(result));
        underWay.add(result);
        return result;
      },
      onSubscribe: ({ subscriptions }) => {
        if (isClosing) return [closing()];
        // The one that is asked for counts by then.
        return Object.keys(subscriptions).length > MAX_OPERATIONS ? [tooMany()] : undefined;
      },
      onConnect: (connection) => admit(connection, door),
      onDisconnect: ({ extra }) => extra.forget?.(),
      onClose: ({ extra }) => extra.forget?.(),
      context: ({ extra }) => extra.context && forRequest(extra.context),
      subscribe: (args) => within(limits, args) ?? subscribe(args),
      parse: (source) => parse(source, { maxTokens: MAX_TOKENS }),
      connectionInitWaitTimeout: INIT_TIMEOUT_MS,
      onError: (_connection, _id, _payload, errors) => formatAll(errors as GraphQLError[]),
      onNext: (_connection, _id, _payload, { contextValue }, result) => ({
        ...withErrors(result as ExecutionResult, formatAll),
        ...replayExtensions(contextValue as Context),
      }),
    },
    sockets,
  );
  return {
    close: async (graceMs) => {
      isClosing = true;
      await atMost(graceMs, Promise.allSettled(underWay));
      // What was just answered is sent before the socket closes.
      await soon();
      await server.dispose();
    },
  };
}

const tooMany = () => {
  const message = `A socket carries at most ${MAX_OPERATIONS} operations at once: end some, or open another.`;
  return new GraphQLError(message, { originalError: new GantryError('TOO_MANY_REQUESTS', message) });
};

const closing = () =>
  new GraphQLError('The gateway is closing.', {
    originalError: new GantryError('UNAVAILABLE', 'The gateway is closing.'),
  });
/** The refusal of what would cost too much, as a result; undefined for what may run. */
function within(limits: DocumentLimits, args: ExecutionArgs): ExecutionResult | undefined {
  const { schema, document, operationName, variableValues } = args;
  try {
    expectAllowed(limits, schema, document, operationName, variableValues ?? {});
    return undefined;
  } catch (error) {
    return { errors: [new GraphQLError((error as Error).message, { originalError: error as Error })] };
  }
}

function withErrors(
  result: ExecutionResult,
  format: (errors: readonly GraphQLError[]) => readonly GraphQLFormattedError[],
): FormattedExecutionResult {
  const { errors, ...rest } = result;
  return errors ? { ...rest, errors: format(errors) } : rest;
}
