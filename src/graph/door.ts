// The door: what a request shows becomes the context that everything behind it is asked in.
import type { Credentials } from '../platform/access.ts';
import type { Platform } from '../platform/platform.ts';
import { unauthenticated } from '../platform/rights.ts';
import type { Context } from './context.ts';

/** Throws UNAUTHENTICATED for what is shown and not right, TOO_MANY_REQUESTS. */
export type Door = (credentials: Credentials) => Promise<Context>;

export const doorTo =
  (platform: Platform): Door =>
  async (credentials) => ({
    platform,
    actor: await platform.access.admit(credentials),
    address: credentials.address,
  });

/** A door that nobody passes without saying who they are: where there is no log-in behind it. Throws UNAUTHENTICATED. */
export const knownOnly =
  (door: Door): Door =>
  async (credentials) => {
    const context = await door(credentials);
    if (context.actor.role === undefined) throw unauthenticated();
    return context;
  };
