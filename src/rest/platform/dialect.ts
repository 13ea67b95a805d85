// The platform API `/1.0`: kebab-case, absent instead of null, `{"error": …}`.
import type { Dialect } from '../dialect.ts';
import { asIs, kebabCase } from '../spelling.ts';
import { platformRows } from './rows.ts';

/** The documented statuses. What has none of its own is a request that cannot be done (400) or a failure on this side (500). */
const STATUSES = {
  BAD_USER_INPUT: 400,
  ALREADY_EXISTS: 400,
  CONFLICT: 400,
  VERSION_CONFLICT: 400,
  NOT_STARTABLE: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  TOO_MANY_REQUESTS: 429,
};

/** `passwordMask` is what passwords of nodes are masked with, if they are. */
export const platformDialect = (passwordMask: string | undefined): Dialect => ({
  prefix: '/1.0',
  bases: [''],
  spelling: {
    name: kebabCase,
    word: (word) => word.toLowerCase(),
    queryKey: asIs,
    readId: asIs,
    writeId: asIs,
  },
  absence: 'omitted',
  nullInBody: 'value',
  statuses: STATUSES,
  challenge: 'Bearer realm="Gantry"',
  errorBody: (error) => ({ error }),
  rows: platformRows(passwordMask === undefined ? {} : { password: passwordMask }),
});
