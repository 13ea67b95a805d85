// Errors that Gantry names: each has a stable code and tells a person what to do. No HTTP and no GraphQL in here.

export type ErrorCode =
  | 'BAD_USER_INPUT'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'VERSION_CONFLICT'
  | 'CONFLICT'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'IDEMPOTENCY_KEY_IN_USE'
  | 'NOT_STARTABLE'
  | 'NODE_UNREACHABLE'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'TOO_MANY_REQUESTS'
  | 'TOO_COSTLY'
  | 'DOCUMENT_NOT_TRUSTED'
  | 'TOO_SLOW'
  | 'CURSOR_EXPIRED'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'UNAVAILABLE';

/** An expected failure. Its message is for the caller; `field` is the path of the input that is at fault, as in `input.name`. */
export class GantryError extends Error {
  override readonly name = 'GantryError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly field?: string,
    /** What is behind it, for programs: why a node could not be reached. */
    readonly reason?: string,
    /** Seconds after which to try again. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

export const badInput = (message: string, field?: string) => new GantryError('BAD_USER_INPUT', message, field);

export const notFound = (noun: string, id: string, field?: string) =>
  new GantryError('NOT_FOUND', `There is no ${noun} ${JSON.stringify(id)}.`, field);
