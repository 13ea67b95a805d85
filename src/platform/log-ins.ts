// Log-ins by password: the same time and the same words for accounts that are there and that are not, and a bound on attempts.
import { createHmac, randomBytes } from 'node:crypto';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { GantryError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { hashPassword, verifyPassword } from '../store/passwords.ts';
import { type Account, accountOf } from '../store/read/holders.ts';
import type { Store } from '../store/store.ts';

// Failed attempts in a quarter of an hour: of a person with a bad memory, and of an office behind one address.
const WINDOW_SECONDS = 15 * 60;
const PER_ACCOUNT = 10;
const PER_ADDRESS = 50;
// A dialect's callers send their password with every request, and a hash takes 0.2 s of a core.
const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 1_000;
const MAX_PASSWORD = 1024;

export class LogIns {
  readonly #perAccount = new RateLimiterMemory({ points: PER_ACCOUNT, duration: WINDOW_SECONDS });
  readonly #perAddress = new RateLimiterMemory({ points: PER_ADDRESS, duration: WINDOW_SECONDS });
  /** What proves a password that was right a moment ago, for this run of the gateway only; until when. */
  readonly #remembered = new Map<string, number>();
  readonly #key = randomBytes(32);
  #dummy: Promise<string> | undefined;

  constructor(private readonly store: Store) {}

  /** The account, if the password is its own. Throws UNAUTHENTICATED, or TOO_MANY_REQUESTS. */
  async verify(email: string, password: Secret, address: string): Promise<Account> {
    const account = accountOf(this.store.reader, email);
    const proof = createHmac('sha256', this.#key)
      .update(JSON.stringify([email, account?.passwordHash, password.reveal()]))
      .digest('base64');
    if (account && (this.#remembered.get(proof) ?? 0) > performance.now()) return account;
    await this.#count(email, address);
    // Who is not there takes as long as who is: the answer's time tells nothing.
    this.#dummy ??= hashPassword(new Secret(randomBytes(16).toString('hex')));
    const isOwn =
      password.reveal().length <= MAX_PASSWORD &&
      (await verifyPassword(password, account?.passwordHash ?? (await this.#dummy)));
    if (!account || !isOwn)
      throw new GantryError('UNAUTHENTICATED', 'This e-mail and this password do not belong together.');
    await this.#perAccount.delete(email.toLowerCase());
    await this.#perAddress.reward(address);
    this.#remember(proof);
    return account;
  }

  async #count(email: string, address: string): Promise<void> {
    try {
      await this.#perAddress.consume(address);
      await this.#perAccount.consume(email.toLowerCase().slice(0, 254));
    } catch (refusal) {
      if (refusal instanceof Error) throw refusal;
      const seconds = Math.ceil((refusal as { msBeforeNext: number }).msBeforeNext / 1000);
      throw new GantryError('TOO_MANY_REQUESTS', `Too many log-ins have failed: try again in ${seconds} s.`);
    }
  }

  #remember(proof: string): void {
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(proof, performance.now() + REMEMBERED_MS);
  }
}
