// Puts dialects on the gateway's HTTP server: what a request has to be before a route sees it, and how refusals are answered.
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GantryError } from '../errors.ts';
import type { Context } from '../graph/context.ts';
import { type Door, knownOnly } from '../graph/door.ts';
import type { Executor } from '../graph/executor.ts';
import { Conditions, preconditionFailed, type Representation } from './conditions.ts';
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
  const find: Find = (request, method = request.method) =>
    router.match(method, pathOf(request).slice(dialect.prefix.length));
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
    const conditions = Conditions.of(request.headers);
    const isRead = route.method === 'GET';
    const shown = () => shownAt(find, request, context);
    const precondition = conditions && !isRead ? () => expectHolds(conditions, shown) : undefined;
    const given = { path, query: queryOf(request), body: request.body, key: keyOf(request), precondition };
    const { status, body, etag, isReplayed } = await route.run(given, context);
    if (isReplayed) reply.header('idempotency-replayed', 'true');
    if (etag !== undefined) reply.header('etag', etag);
    const refusal = isRead ? conditions?.refusal({ etag }, isRead) : undefined;
    if (refusal === 412) throw preconditionFailed();
    reply.code(refusal ?? status);
    if (body === undefined || refusal !== undefined) return reply.send();
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

type Find = (request: FastifyRequest, method?: string) => Match<Route>;

/** What GET shows at the path of a request; undefined where it shows nothing. */
async function shownAt(find: Find, request: FastifyRequest, context: Context): Promise<Representation | undefined> {
  try {
    const { route, path } = find(request, 'GET');
    return await route.run({ path, query: new URLSearchParams(), body: undefined }, context);
  } catch (error) {
    if (error instanceof Fault && error.statusCode < 500) return undefined;
    throw error;
  }
}

/** Answers with the version that the change has to find. What is not there is left to the change to refuse. */
async function expectHolds(
  conditions: Conditions,
  shown: () => Promise<Representation | undefined>,
): Promise<number | undefined> {
  const now = await shown();
  if (!now) return undefined;
  if (conditions.refusal(now, false) !== undefined) throw preconditionFailed();
  return conditions.isOfOneState ? now.version : undefined;
}

/** A key in quotes is the text between them: a string of structured fields (RFC 9651). */
function keyOf({ headers }: FastifyRequest): string | undefined {
  const text = headers['idempotency-key'] as string | undefined;
  const quoted = text === undefined ? null : /^"((?:[^"\\]|\\["\\])*)"$/.exec(text);
  return quoted ? quoted[1]?.replace(/\\(.)/g, '$1') : text;
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
