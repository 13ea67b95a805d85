// Tokens: made for a user, shown once, and ended at once.
import { z } from 'zod';
import { badInput, GantryError, notFound } from '../errors.ts';
import { Secret } from '../secret.ts';
import { Token } from '../store/entities/token.ts';
import { ROLES, type Role, User } from '../store/entities/user.ts';
import { lesser } from './access.ts';
import type { Actor } from './actor.ts';
import { settle } from './answers.ts';
import { check, line } from './check.ts';
import { durationMs } from './durations.ts';
import type { Platform } from './platform.ts';
import { find, removeAll } from './records.ts';
import { unauthenticated } from './rights.ts';
import { newToken } from './token-text.ts';

const SESSION_MS = 12 * 60 * 60_000;
const DEFAULT_MS = 90 * 24 * 60 * 60_000;
const MAX_MS = 366 * 24 * 60 * 60_000;
// More than anybody tells apart by name.
const MAX_TOKENS = 100;

const TOKEN = z.object({
  name: line(),
  user: z.string().optional(),
  role: z.enum(ROLES).optional(),
  lifetime: lifetime().optional(),
});
function lifetime() {
  const message = 'must be a duration of a second to 366 days, as in P30D';
  return z
    .string()
    .transform((text) => durationMs(text) ?? 0)
    .refine((ms) => ms >= 1000 && ms <= MAX_MS, message);
}
const LOG_IN = z.object({ email: z.string().max(254), password: z.string().max(1024) });

/** A token that was made, and its text, which is not kept. */
export interface Made {
  readonly id: string;
  readonly text: string;
}

/** Of the one who asks, or, asked by an ADMIN, of any user. Throws BAD_USER_INPUT, FORBIDDEN, NOT_FOUND, CONFLICT. */
export async function createToken(platform: Platform, actor: Actor, input: unknown): Promise<Made> {
  const { name, user = actor.user, role, lifetime: lifetimeMs = DEFAULT_MS } = check(TOKEN, input);
  if (user === undefined) throw badInput('input.user must say whose token it is: you are no user.', 'input.user');
  if (user !== actor.user && actor.role !== 'ADMIN')
    throw new GantryError('FORBIDDEN', 'Tokens of other users are made by an ADMIN.', 'input.user');
  // A token gives no more than the token that it was asked with.
  const most = user === actor.user && actor.role ? actor.role : 'ADMIN';
  return make(platform, user, name, lesser(role ?? most, most), lifetimeMs);
}

/** A token for 12 hours. Throws UNAUTHENTICATED, TOO_MANY_REQUESTS. */
export async function logIn(platform: Platform, input: unknown, address: string): Promise<Made> {
  const { email, password } = check(LOG_IN, input);
  const { role } = await platform.access.logIns.verify(email, new Secret(password), address);
  return make(platform, email, 'log-in', role, SESSION_MS);
}

/** One's own, or, asked by an ADMIN, any. It opens nothing from now on, and the sockets that it opened are closed. */
export async function revokeToken({ store, bus }: Platform, actor: Actor, id: string): Promise<string> {
  await store.write(async (em) => {
    const token = await em.findOne(Token, id);
    if (!token || (actor.role !== 'ADMIN' && token.user.unwrap().email !== actor.user))
      throw notFound('token', id, 'id');
    em.remove(token);
    await settle(em, { id });
  });
  bus.publish('accessChange', id);
  return id;
}

async function make({ store }: Platform, email: string, name: string, role: Role, lifetimeMs: number): Promise<Made> {
  const { id, text } = newToken();
  await store.write(async (em) => {
    const user = await find(em, User, email, 'input.user');
    const now = Date.now();
    await removeAll(em, Token, { user: email, expiresAt: { $lte: new Date(now).toISOString() } });
    await em.flush();
    if ((await em.count(Token, { user: email })) >= MAX_TOKENS)
      throw new GantryError('CONFLICT', `A user has at most ${MAX_TOKENS} tokens: revoke those that are not used.`);
    const expiresAt = new Date(now + lifetimeMs).toISOString();
    em.create(Token, { id, name, role, user, expiresAt, digest: store.keyring.digest(text) } as never);
  });
  return { id, text };
}

/** Who asks, as the graph shows it. Throws UNAUTHENTICATED. */
export function whoAsks(actor: Actor): { name: string; role: Role; user: string | null } {
  if (actor.role === undefined) throw unauthenticated();
  return { name: actor.name, role: actor.role, user: actor.user ?? null };
}
