// Answers that are kept for a day: what is asked again under the same key gets the answer of the first time, and nothing is done twice.
import { AsyncLocalStorage } from 'node:async_hooks';
import { isDeepStrictEqual } from 'node:util';
import { badInput, GantryError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { now } from '../store/entities/columns.ts';
import { StoredAnswer } from '../store/entities/stored-answer.ts';
import type { Keyring } from '../store/keyring.ts';
import { type EntityManager, type Store, untold } from '../store/store.ts';
import type { Actor } from './actor.ts';
import { expiry, pruneAnswers } from './answer-expiry.ts';
import { canonical } from './canonical.ts';

/** What a request named: ids under the names of its payload, and what it found where that is more than ids. */
export type Answer = Readonly<Record<string, unknown>>;

export interface Repeatable {
  /** 1 to 255 visible characters of ASCII, given by who asks. */
  readonly key: string;
  /** What is asked for. */
  readonly mutation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

interface Recalled {
  readonly answer: Answer;
  readonly isReplayed: boolean;
}

// Each answer that is stored takes so many expired ones with it: they go faster than they come, and no write waits for them.
const PRUNED_AT_ONCE = 10;
const RETRY_AFTER_SECONDS = 1;

interface Attempt {
  readonly place: { readonly scope: string; readonly key: string };
  readonly fingerprint: string;
  readonly keyring: Keyring;
  operation: string | null;
  settled: Answer | undefined;
}

const current = new AsyncLocalStorage<Attempt>();

export class Answers {
  /** Fingerprints of what is under way. One gateway at a time has the store: what is not in here was cut by the end of an earlier one. */
  readonly #running = new Map<string, string>();

  constructor(private readonly store: Store) {}

  /**
   * The kept answer to this request, or else, unless only that is wanted, what `work` answers. Throws IDEMPOTENCY_KEY_REUSED for a key
   * that came with another request, IDEMPOTENCY_KEY_IN_USE while the first one is not answered, and NOT_FOUND for one that nobody has
   * sent if only a kept answer is wanted.
   */
  async once(actor: Actor, request: Repeatable, work: (() => Promise<Answer>) | undefined): Promise<Recalled> {
    const { key, mutation, input } = request;
    expectKey(key);
    const place = { scope: actor.user ?? actor.name, key };
    const text = JSON.stringify([mutation, canonical(input)]);
    const fingerprint = this.store.keyring.digest(text);
    const id = JSON.stringify(place);
    const twin = this.#running.get(id);
    if (twin !== undefined) throw twin === fingerprint ? inUse() : reused();
    this.#running.set(id, fingerprint);
    try {
      const kept = await this.store.write((em) => find(em, place));
      if (kept && !this.store.keyring.proves(text, kept.fingerprint)) throw reused();
      if (kept?.answer) return { answer: open(this.store.keyring, place, kept.answer), isReplayed: true };
      if (!work) throw new GantryError('NOT_FOUND', 'Nothing was answered under this key.', 'idempotencyKey');
      const operation = kept?.operation ?? null;
      const attempt = { place, fingerprint, keyring: this.store.keyring, operation, settled: undefined };
      return { answer: await this.#attempt(attempt, work), isReplayed: false };
    } finally {
      this.#running.delete(id);
    }
  }

  async #attempt(attempt: Attempt, work: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await current.run(attempt, work);
      // Of most, the transaction that made the change has kept it already.
      if (!isDeepStrictEqual(attempt.settled, { ...answer })) await this.store.write((em) => keep(em, attempt, answer));
      return answer;
    } catch (error) {
      // What was not done can be asked for again from its beginning.
      if (attempt.operation !== null)
        await this.store.write((em) => untold(em).nativeDelete(StoredAnswer, { ...attempt.place, answer: null }));
      throw error;
    }
  }
}

/**
 * Keeps the answer of the request under way in the transaction that makes its change, so that neither is ever there without the other.
 * The first answer counts. Nothing is kept for a request without a key.
 */
export async function settle(em: EntityManager, answer: Answer): Promise<void> {
  const attempt = current.getStore();
  if (!attempt || (await em.count(StoredAnswer, { ...attempt.place, answer: { $ne: null } })) > 0) return;
  attempt.settled = answer;
  await keep(em, attempt, answer);
}

/** Keeps the operation that a first part of the request becomes: sent again after a cut, the request goes on with that one. */
export async function settleOperation(em: EntityManager, operation: string): Promise<void> {
  const attempt = current.getStore();
  if (!attempt) return;
  attempt.operation = operation;
  await keep(em, attempt, undefined);
}

/** The operation that this request had become when it was cut. */
export const settledOperation = (): string | undefined => current.getStore()?.operation ?? undefined;

async function keep(em: EntityManager, attempt: Attempt, answer: Answer | undefined): Promise<void> {
  const { place, fingerprint, keyring, operation } = attempt;
  await pruneAnswers(em, PRUNED_AT_ONCE);
  await untold(em).nativeDelete(StoredAnswer, place);
  const sealed = answer && keyring.seal(sealedAt(place), new Secret(JSON.stringify(answer)));
  await untold(em).insert(StoredAnswer, { ...place, fingerprint, operation, answer: sealed ?? null, createdAt: now() });
}

async function find(em: EntityManager, place: Attempt['place']): Promise<StoredAnswer | null> {
  const kept = await em.findOne(StoredAnswer, place);
  if (!kept || kept.createdAt >= expiry()) return kept;
  await untold(em).nativeDelete(StoredAnswer, place);
  return null;
}

function expectKey(key: string): void {
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw badInput('idempotencyKey must be 1 to 255 visible ASCII characters, without spaces.', 'idempotencyKey');
}

const open = (keyring: Keyring, place: Attempt['place'], sealed: string): Answer =>
  JSON.parse(keyring.open(sealedAt(place), sealed).reveal());

const sealedAt = ({ scope, key }: Attempt['place']) => `answer:${JSON.stringify([scope, key])}`;

const reused = () =>
  new GantryError(
    'IDEMPOTENCY_KEY_REUSED',
    'This key came with another request before: take a new key for each request, and the same one only to send the same request again.',
    'idempotencyKey',
  );

const inUse = () =>
  new GantryError(
    'IDEMPOTENCY_KEY_IN_USE',
    'The first request with this key is still under way: wait, then send this one again for its answer.',
    'idempotencyKey',
    undefined,
    RETRY_AFTER_SECONDS,
  );
