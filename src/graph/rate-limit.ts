// How many requests a token, or an address without one, may send.
import type { FastifyInstance, FastifyReply } from 'fastify';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { GantryError } from '../errors.ts';
import { readToken } from '../platform/token-text.ts';

const WINDOW_SECONDS = 60;
// Many tokens may be behind one address, as of an office; whoever makes tokens up is stopped by this.
const PER_ADDRESS = 10;

/** `perMinute` 0 is no limit. Refuses with 429 and `Retry-After`; every answer tells what is left. */
export function limitRate(http: FastifyInstance, perMinute: number): void {
  if (perMinute === 0) return;
  const own = new RateLimiterMemory({ points: perMinute, duration: WINDOW_SECONDS });
  const shared = new RateLimiterMemory({ points: perMinute * PER_ADDRESS, duration: WINDOW_SECONDS, keyPrefix: 'all' });
  http.addHook('onRequest', async ({ ip, headers }, reply) => {
    const token = readToken(/^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '')?.id;
    try {
      if (token !== undefined) await shared.consume(ip);
      tell(reply, perMinute, await own.consume(token ?? ip));
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      tell(reply, perMinute, refusal);
      const seconds = Math.ceil(refusal.msBeforeNext / 1000);
      reply.header('retry-after', seconds);
      throw new GantryError('TOO_MANY_REQUESTS', `You may send ${perMinute} requests a minute: go on in ${seconds} s.`);
    }
  });
}

function tell(reply: FastifyReply, limit: number, { remainingPoints, msBeforeNext }: RateLimiterRes): void {
  reply.headers({
    'x-ratelimit-limit': limit,
    'x-ratelimit-remaining': Math.max(0, remainingPoints),
    'x-ratelimit-reset': Math.ceil(msBeforeNext / 1000),
  });
}
