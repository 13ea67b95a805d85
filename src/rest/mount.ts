// Puts dialects on the gateway's HTTP server: what a request has to be before a route sees it, and how refusals are answered.
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GantryError } from '../errors.ts';
import type { Context } from '../graph/context.ts';
import { type Door, knownOnly } from '../graph/door.ts';
import type { Executor } from '../graph/executor.ts';
import type { Dialect } from './dialect.ts';
import { Fault } from './fault.ts';
import { Route } from './route.ts';
import { type Match, Router } from './router.ts';
import { parseStrict } from './strict-json.ts';

const JSON_TYPE = 'application/json';

/** Throws if a row of a dialect does not fit the schema. */
export function mountDialects(
  http: FastifyInstance,
  executor: Executor,
  dialects: readonly Dialect[],
  door: Door,
): void {
  for (const dialect of dialects) {
    const routes = dialect.bases.flatMap((base) =>
      dialect.rows.flatMap((row) => row.paths.map((path) => new Route(executor, dialect, row, base + path))),
    );
    const router = new Router(routes);
    http.register(async (scope) => mount(scope, dialect, router, door), { prefix: dialect.prefix });
  }
}

interface Admitted extends Match<Route> {
  readonly context: Context;
}

function mount(scope: FastifyInstance, dialect: Dialect, router: Router<Route>, door: Door): void {
  const admitted = new WeakMap<FastifyRequest, Admitted>();
  const find = (request: FastifyRequest) => router.match(request.method, pathOf(request).slice(dialect.prefix.length));
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(JSON_TYPE, { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    expectUtf8(request.headers['content-type'] ?? '');
    return body.length === 0 ? undefined : parseStrict(body);
  });
  // Before the body is read: what nobody may ask or no route answers needs none.
  scope.addHook('onRequest', async (request) => {
    const context = await admit(request, dialect, door);
    admitted.set(request, { ...find(request), context });
  });
  scope.addHook('onSend', async (_request, reply) => {
    // Answers hold passwords, and are true for now only.
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
  });
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const { route, path, context } = admitted.get(request) as Admitted;
    const { status, body } = await route.run({ path, query: queryOf(request), body: request.body }, context);
    reply.code(status);
    if (body === undefined) return reply.send();
    reply.type('application/json; charset=utf-8');
    return reply.send(typeof body === 'string' ? body : Readable.from(body));
  };
  for (const url of ['/', '/*']) scope.all(url, handler);
  // Methods that the server itself does not know of come out here.
  scope.setNotFoundHandler(async (request) => void find(request));
  scope.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const { statusCode, message } = toFault(error, dialect, request);
    if (error instanceof Fault) reply.headers(error.headers);
    if (statusCode === 401 && dialect.challenge) reply.header('www-authenticate', dialect.challenge);
    return reply.code(statusCode).type('application/json; charset=utf-8').send(dialect.errorBody(message));
  });
}

/** Throws UNAUTHENTICATED. A password is taken where the dialect's document has it. */
async function admit({ headers, ip: address }: FastifyRequest, dialect: Dialect, door: Door): Promise<Context> {
  const isPassword = /^basic /i.test(headers.authorization ?? '');
  const authorization = isPassword && !dialect.challenge?.startsWith('Basic') ? undefined : headers.authorization;
  return knownOnly(door)({ authorization, address });
}

function toFault(error: Error & { statusCode?: number }, dialect: Dialect, request: FastifyRequest): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof GantryError) return new Fault(dialect.statuses[error.code] ?? 500, error.message);
  const status = error.statusCode ?? 500;
  if (status === 415) return new Fault(415, `The body has to be JSON: send it with Content-Type: ${JSON_TYPE}.`);
  if (status === 413) return new Fault(413, 'The body is too large.');
  if (status < 500) return new Fault(status, error.message);
  request.log.error({ err: error }, 'unexpected error');
  return new Fault(500, 'Something went wrong in the gateway. Its log says what.');
}

function expectUtf8(contentType: string): void {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) throw new Fault(415, 'The body has to be in UTF-8.');
}

const pathOf = ({ url }: FastifyRequest) => url.split(/[?#]/, 1)[0] as string;
const queryOf = ({ url }: FastifyRequest) => new URLSearchParams(url.split('?').slice(1).join('?'));
