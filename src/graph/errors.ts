// Errors on their way out: named ones with their code and field, all others without their text, under an id that the log knows.
import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { GantryError } from '../errors.ts';

/** graphql-js and Apollo say by these codes that the document or its variables are at fault. */
const CALLERS_FAULT = new Set([
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

export type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

export const errorFormatter =
  (log: Logger): FormatError =>
  (formatted, error) => {
    // graphql-js wraps what a resolver or a subscription throws.
    const cause = error instanceof GraphQLError ? (error.originalError ?? error) : error;
    const place = {
      ...(formatted.locations && { locations: formatted.locations }),
      ...(formatted.path && { path: formatted.path }),
    };
    if (cause instanceof GantryError) {
      const field = cause.field === undefined ? {} : { field: cause.field };
      const reason = cause.reason === undefined ? {} : { reason: cause.reason };
      const retryAfter = cause.retryAfter === undefined ? {} : { retryAfter: cause.retryAfter };
      return { message: cause.message, ...place, extensions: { code: cause.code, ...field, ...reason, ...retryAfter } };
    }
    const code = codeOf(formatted, cause);
    if (code !== undefined)
      return { ...withoutValues(formatted.message), ...place, extensions: { code, ...fieldOf(formatted.message) } };
    const id = randomUUID();
    log.error({ err: cause, errorId: id, path: formatted.path }, 'unexpected error');
    return {
      message: `Something went wrong in the gateway. Its log says what, under ${id}.`,
      ...place,
      extensions: { code: 'INTERNAL_SERVER_ERROR', errorId: id },
    };
  };

function codeOf(formatted: GraphQLFormattedError, cause: unknown): string | undefined {
  const code = formatted.extensions?.code;
  if (typeof code === 'string' && CALLERS_FAULT.has(code)) return code;
  // Raised by graphql-js itself, as for variables over a socket: no resolver threw it.
  return cause instanceof GraphQLError && !cause.originalError && code === undefined ? 'BAD_USER_INPUT' : undefined;
}

const INVALID_VALUE = /^Variable "\$(?<variable>\w+)" got invalid value .*?(?: at "(?<path>[\w.[\]]+)")?; (?<why>.*)$/s;

/** graphql-js repeats the value that did not fit, which may be a password. */
function withoutValues(message: string): { message: string } {
  const invalid = INVALID_VALUE.exec(message)?.groups;
  const why = (invalid?.why ?? message)
    .replace(/( (?:value|cannot represent [^:]*)): .*$/s, '$1.')
    .replace(/, found .*$/s, '.')
    .replace(/^Value ".*" does not exist/s, 'This value does not exist');
  return { message: invalid ? `${invalid.path ?? invalid.variable} is not valid. ${why}` : why };
}

function fieldOf(message: string): { field?: string } {
  const invalid = INVALID_VALUE.exec(message)?.groups;
  const missing = /Field "(\w+)" of required type/.exec(message)?.[1];
  const field = [invalid?.path ?? invalid?.variable, missing].filter(Boolean).join('.');
  return field ? { field } : {};
}
