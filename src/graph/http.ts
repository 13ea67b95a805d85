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
import type { Context } from './context.ts';
import { graphiqlPage } from './page.ts';

export const GRAPHQL_PATH = '/graphql';

// No document and no input comes near it.
const MAX_BODY_BYTES = 1024 * 1024;

export interface Health {
  /** Throws, with the reason, while the gateway cannot serve. */
  ready(): void;
}

export function createHttp(
  apollo: ApolloServer<Context>,
  context: Context,
  health: Health,
  log: Logger,
): FastifyInstance {
  const http = Fastify({
    bodyLimit: MAX_BODY_BYTES,
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    // Keys such as `constructor` are data here. `__proto__` is refused by the platform, which can name the field.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
  });
  closeAfterLastAnswer(http);
  http.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => answerError(error, request, reply));
  http.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send(errorBody('NOT_FOUND', `There is nothing at ${request.url.slice(0, 200)}. GraphQL is at ${GRAPHQL_PATH}.`)),
  );
  const graphql = fastifyApolloHandler(apollo, { context: async () => context });
  http.post(GRAPHQL_PATH, graphql);
  http.get(GRAPHQL_PATH, (request, reply) =>
    wantsPage(request) ? sendPage(reply) : graphql.call(http, request, reply),
  );
  http.get('/healthz', (_request, reply) => reply.send({ status: 'alive' }));
  http.get('/readyz', (request, reply) => {
    try {
      health.ready();
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

const wantsPage = (request: FastifyRequest) => (request.headers.accept ?? '').includes('text/html');

function sendPage(reply: FastifyReply) {
  return reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', "frame-ancestors 'none'")
    .header('x-content-type-options', 'nosniff')
    .send(graphiqlPage(GRAPHQL_PATH));
}

const errorBody = (code: string, message: string) => ({ errors: [{ message, extensions: { code } }] });

/** Errors before GraphQL begins, as for a body that is no JSON. */
function answerError(error: Error & { statusCode?: number }, request: FastifyRequest, reply: FastifyReply) {
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    request.log.error({ err: error }, 'unexpected error');
    return reply
      .code(500)
      .send(errorBody('INTERNAL_SERVER_ERROR', 'Something went wrong in the gateway. Its log says what.'));
  }
  return reply.code(status).send(errorBody('BAD_REQUEST', error.message));
}
