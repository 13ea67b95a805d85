// Access: who a request comes from, by the token or the password that it shows.
import { createHash, timingSafeEqual } from 'node:crypto';
import { GantryError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { Token } from '../store/entities/token.ts';
import type { Role } from '../store/entities/user.ts';
import { hasAdmin, holderOf } from '../store/read/holders.ts';
import type { Store } from '../store/store.ts';
import { type Actor, NOBODY, ofTheHouse } from './actor.ts';
import { LogIns } from './log-ins.ts';
import { newToken, readToken } from './token-text.ts';

export const ACCESS_MODES = ['open', 'token'] as const;
/** `open`: nobody has to say who they are. `token`: everybody has to. */
export type AccessMode = (typeof ACCESS_MODES)[number];

export interface Credentials {
  /** The header `Authorization`, or what a socket sent in its place. */
  readonly authorization: string | undefined;
  /** Where it comes from. */
  readonly address: string;
}

const ROLES_BY_RANK: readonly Role[] = ['VIEWER', 'OPERATOR', 'ADMIN'];
const FIRST_TOKEN_MS = 60 * 60_000;
// When a token was last used is told to the minute: a write at each request would be dear.
const LAST_USE_MS = 60_000;

export class Access {
  readonly logIns: LogIns;
  readonly #first: { readonly text: Secret; readonly until: number } | undefined;
  readonly #used = new Map<string, number>();
  readonly #writes = new Set<Promise<unknown>>();

  constructor(
    private readonly store: Store,
    readonly mode: AccessMode,
  ) {
    this.logIns = new LogIns(store);
    if (mode === 'token' && !hasAdmin(store.reader))
      this.#first = { text: new Secret(newToken().text), until: performance.now() + FIRST_TOKEN_MS };
  }

  /** For whoever starts the gateway the first time: good for an hour, and until the first ADMIN is there. */
  get firstToken(): Secret | undefined {
    return this.#first?.text;
  }

  /** NOBODY for who shows nothing. Throws UNAUTHENTICATED for what is shown and not right, TOO_MANY_REQUESTS. */
  async admit({ authorization, address }: Credentials): Promise<Actor> {
    if (this.mode === 'open') return ofTheHouse('anonymous');
    if (authorization === undefined) return NOBODY;
    const [, scheme = '', value = ''] = /^(\w+) +(\S+) *$/.exec(authorization) ?? [];
    if (scheme.toLowerCase() === 'bearer') return this.#bearer(value);
    if (scheme.toLowerCase() === 'basic') return this.#basic(value, address);
    throw refused();
  }

  /** The same one as they are now; undefined if their token has ended or their user has gone. */
  renew(actor: Actor): Actor | undefined {
    if (actor.token === undefined) return actor.user === undefined ? actor : undefined;
    return this.#holder(actor.token)?.actor;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#writes);
  }

  #bearer(given: string): Actor {
    const token = readToken(given);
    if (!token) throw refused();
    if (this.#isFirst(token.text)) return ofTheHouse('first-admin');
    const holder = this.#holder(token.id);
    if (!holder || !this.store.keyring.proves(token.text, holder.digest)) throw refused();
    this.#noteUse(token.id);
    return holder.actor;
  }

  async #basic(base64: string, address: string): Promise<Actor> {
    const [, email = '', password = ''] = /^([^:]*):(.*)$/s.exec(Buffer.from(base64, 'base64').toString('utf8')) ?? [];
    const { role } = await this.logIns.verify(email, new Secret(password), address);
    return { name: email, role, user: email };
  }

  #isFirst(text: string): boolean {
    if (!this.#first || performance.now() > this.#first.until || hasAdmin(this.store.reader)) return false;
    const [given, wanted] = [text, this.#first.text.reveal()].map((each) => createHash('sha256').update(each).digest());
    return timingSafeEqual(given as Buffer, wanted as Buffer);
  }

  #holder(token: string): { actor: Actor; digest: string } | undefined {
    const holder = holderOf(this.store.reader, token);
    if (!holder) return undefined;
    const endsAt = Date.parse(holder.expiresAt);
    if (endsAt <= Date.now()) return undefined;
    const role = lesser(holder.role, holder.tokenRole);
    return { actor: { name: holder.email, role, user: holder.email, token, endsAt }, digest: holder.digest };
  }

  #noteUse(token: string): void {
    const last = this.#used.get(token);
    if (last !== undefined && performance.now() - last < LAST_USE_MS) return;
    this.#used.set(token, performance.now());
    const lastUsedAt = new Date().toISOString();
    const write = this.store
      .write(async (em) => {
        const used = await em.findOne(Token, token);
        if (used) used.lastUsedAt = lastUsedAt;
      })
      // A store that cannot be written tells so where it matters.
      .catch(() => {})
      .finally(() => this.#writes.delete(write));
    this.#writes.add(write);
  }
}

export const lesser = (one: Role, other: Role): Role =>
  ROLES_BY_RANK[Math.min(ROLES_BY_RANK.indexOf(one), ROLES_BY_RANK.indexOf(other))] as Role;

const refused = () =>
  new GantryError('UNAUTHENTICATED', 'What you sent as `Authorization` opens nothing here: it is wrong, or has ended.');
