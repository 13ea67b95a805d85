// Headers of every answer: what a browser must not do with it.
import type { FastifyInstance } from 'fastify';

const ALWAYS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  // Answers are for who asked, and true for now only.
  'cache-control': 'no-store',
};

const HALF_A_YEAR = 'max-age=15552000';

export function guardAnswers(http: FastifyInstance, isEncrypted: boolean): void {
  http.addHook('onRequest', async (_request, reply) => {
    reply.headers(ALWAYS);
    if (isEncrypted) reply.header('strict-transport-security', HALF_A_YEAR);
  });
}
