// The HTTP door: GraphQL, its page, and health.
import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import { badInput, GantryError } from '../errors.ts';
import { type Context, forRequest } from './context.ts';
import type { Door } from './door.ts';
import type { EventStreams, StreamRequest } from './event-stream.ts';
import { guardAnswers } from './headers.ts';
import type { Hosts } from './hosts.ts';
import { expectShallow } from './limits.ts';
import { graphiqlPage } from './page.ts';
import { limitRate } from './rate-limit.ts';
import { expectKnown } from './rights.ts';

export const GRAPHQL_PATH = '/graphql';

// No document and no input comes near it.
const MAX_BODY_BYTES = 1024 * 1024;
const MAX_SEGMENT = 1024;

export interface HttpOptions {
  /** Throws, with the reason, while the gateway cannot serve. */
  readonly ready: () => void;
  readonly hosts: Hosts;
  readonly streams: EventStreams;
  readonly tls: Tls | undefined;
  /** Requests of a token, or of an address without one; 0 is no limit. */
  readonly requestsPerMinute: number;
  /** Whether GraphiQL is shown. */
  readonly hasPage: boolean;
}

/** PEM texts. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
}

export function createHttp(
  apollo: ApolloServer<Context>,
  door: Door,
  { ready, hosts, streams, tls, requestsPerMinute, hasPage }: HttpOptions,
  log: Logger,
): FastifyInstance {
  const http = Fastify({
    ...(tls && { https: tls as never }),
    bodyLimit: MAX_BODY_BYTES,
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    // Keys such as `constructor` are data here. `__proto__` is refused by the platform, which can name the field.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    // E-mail addresses are path segments of the dialects.
    routerOptions: { maxParamLength: MAX_SEGMENT },
    frameworkErrors: answerUnroutable,
  });
  closeAfterLastAnswer(http);
  guardAnswers(http, tls !== undefined);
  http.addHook('onRequest', async ({ raw }) => {
    const refusal = hosts.refusal(raw);
    if (refusal) throw Object.assign(new Error(refusal), { statusCode: 403 });
  });
  limitRate(http, requestsPerMinute);
  http.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => answerError(error, request, reply));
  http.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send(errorBody('NOT_FOUND', `There is nothing at ${request.url.slice(0, 200)}. GraphQL is at ${GRAPHQL_PATH}.`)),
  );
  const contexts = new WeakMap<FastifyRequest, Context>();
  // Before the body is read: who shows what opens nothing is not read from.
  const onRequest = async (request: FastifyRequest) => {
    const { headers, ip: address } = request;
    contexts.set(request, forRequest(await door({ authorization: headers.authorization, address })));
  };
  const preHandler = async (request: FastifyRequest) => {
    expectShallow(request.body);
    expectKnown((contexts.get(request) as Context).actor, request.body);
  };
  const graphql = fastifyApolloHandler(apollo, { context: async (request) => contexts.get(request) as Context });
  http.addHook('preClose', async () => streams.close());
  const stream = (request: FastifyRequest, reply: FastifyReply, given: unknown) => {
    const context = contexts.get(request) as Context;
    // Until the stream begins, what is wrong is answered as everywhere.
    return streams.run(context, streamRequest(given, request), reply.raw).then(
      () => reply.hijack(),
      (error) => {
        if (!reply.raw.headersSent) throw error;
        request.log.error({ err: error }, 'a stream of events ended unexpectedly');
        return reply.hijack();
      },
    );
  };
  http.post(GRAPHQL_PATH, { onRequest, preHandler }, (request, reply) =>
    wantsStream(request) ? stream(request, reply, request.body) : graphql.call(http, request, reply),
  );
  http.get(GRAPHQL_PATH, { onRequest }, (request, reply) => {
    if (hasPage && wantsPage(request)) return sendPage(reply);
    expectKnown((contexts.get(request) as Context).actor, request.query);
    if (wantsStream(request)) return stream(request, reply, request.query);
    return graphql.call(http, request, reply);
  });
  http.get('/healthz', (_request, reply) => reply.send({ status: 'alive' }));
  http.get('/readyz', (request, reply) => {
    try {
      ready();
      return reply.send({ status: 'ready' });
    } catch (error) {
      request.log.warn({ err: error }, 'not ready');
      return reply.code(503).send({ status: 'not ready' });
    }
  });
  return http;
}

// A connection that is busy when the gateway begins to close would be kept alive after its answer, and hold up the end.
function closeAfterLastAnswer(http: FastifyInstance): void {
  let isClosing = false;
  http.addHook('preClose', async () => {
    isClosing = true;
  });
  http.addHook('onSend', async (_request, reply) => {
    if (isClosing) reply.header('connection', 'close');
  });
}

const wantsStream = (request: FastifyRequest) => (request.headers.accept ?? '').includes('text/event-stream');

/** From a body, or from the words of an address. Throws BAD_USER_INPUT. */
function streamRequest(given: unknown, { headers }: FastifyRequest): StreamRequest {
  const { query, variables, operationName } = (given ?? {}) as Record<string, unknown>;
  if (typeof query !== 'string') throw badInput('Send the document as `query`.', 'query');
  const lastEventId = headers['last-event-id'];
  return {
    query,
    variables: variablesOf(variables),
    operationName: typeof operationName === 'string' ? operationName : undefined,
    lastEventId: typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : undefined,
  };
}

function variablesOf(given: unknown): Record<string, unknown> {
  try {
    const variables: unknown = typeof given === 'string' ? JSON.parse(given) : (given ?? {});
    if (typeof variables === 'object' && variables !== null && !Array.isArray(variables)) return { ...variables };
  } catch {}
  throw badInput('`variables` must be a JSON object.', 'variables');
}

const wantsPage = (request: FastifyRequest) => (request.headers.accept ?? '').includes('text/html');

function sendPage(reply: FastifyReply) {
  return reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', "frame-ancestors 'none'")
    .header('x-content-type-options', 'nosniff')
    .send(graphiqlPage(GRAPHQL_PATH));
}

/** Statuses of what is refused before GraphQL begins. */
const STATUSES: Readonly<Record<string, number>> = {
  BAD_USER_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CURSOR_EXPIRED: 410,
  TOO_MANY_REQUESTS: 429,
};

const errorBody = (code: string, message: string) => ({ errors: [{ message, extensions: { code } }] });

// An address that does not even decode belongs to no route: it is answered in the words of all who might have asked.
function answerUnroutable({ message }: Error, _request: unknown, reply: unknown): void {
  (reply as FastifyReply).code(400).send({ error: message, message, ...errorBody('BAD_REQUEST', message) });
}

/** Errors before GraphQL begins, as for a body that is no JSON. */
function answerError(error: Error & { statusCode?: number }, request: FastifyRequest, reply: FastifyReply) {
  if (error instanceof GantryError && STATUSES[error.code]) {
    const code = STATUSES[error.code] as number;
    if (code === 401) reply.header('www-authenticate', 'Bearer realm="Gantry"');
    return reply.code(code).send(errorBody(error.code, error.message));
  }
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    request.log.error({ err: error }, 'unexpected error');
    return reply
      .code(500)
      .send(errorBody('INTERNAL_SERVER_ERROR', 'Something went wrong in the gateway. Its log says what.'));
  }
  return reply.code(status).send(errorBody(status === 403 ? 'FORBIDDEN' : 'BAD_REQUEST', error.message));
}
