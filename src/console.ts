// What the process says to the person who started it.

import { GantryError } from './errors.ts';
import { GRAPHQL_PATH } from './graph/http.ts';
import type { Secret } from './secret.ts';

export function announce(url: string, firstToken: Secret | undefined): void {
  console.log(
    [
      'Gantry is up.',
      `  GraphQL     ${url}${GRAPHQL_PATH}   (in a browser: GraphiQL)`,
      `  WebSocket   ${url.replace('http', 'ws')}${GRAPHQL_PATH}`,
      `  REST        ${url}/1.0   ${url}/flexdeploy/rest/topology/instance`,
      `  Health      ${url}/healthz   ${url}/readyz`,
      ...(firstToken ? first(firstToken) : []),
      'Ctrl-C closes it; processes on nodes live on.',
    ].join('\n'),
  );
}

/** Told on the terminal of whoever started it, and nowhere else: not in the log. */
const first = (token: Secret) => [
  `  First token ${token.reveal()}`,
  '              (for an hour, and until the first user with the role ADMIN is there: create one with it)',
];

/** Resolves when the process is told to end (Ctrl-C, or a supervisor's TERM); told a second time, it ends at once. */
export function untilEnd(): Promise<void> {
  return new Promise((resolve) => {
    let isEnding = false;
    const end = () => {
      if (isEnding) process.exit(1);
      isEnding = true;
      resolve();
    };
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
  });
}

/** An expected failure in a sentence, an unexpected one whole. Ends the process. */
export function fail(error: unknown): never {
  console.error(error instanceof GantryError ? error.message : error);
  process.exit(1);
}
