// A whole gateway for tests: its own temporary folder, a free port, a quiet log that is kept, and clients that speak to it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { type Client, createClient } from 'graphql-ws';
import { pino } from 'pino';
import WebSocket from 'ws';
import { type Config, readConfig } from '../../src/config.ts';
import { type Gateway, openGateway } from '../../src/gateway.ts';

export interface GraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: { readonly code: string; readonly field?: string };
}

// biome-ignore lint/suspicious/noExplicitAny: answers are checked by expectations, not by types
export type Data = any;

/** How a gateway is asked. */
export interface Asking {
  /** Sends a document over HTTP; throws if the answer has errors. */
  run(query: string, variables?: object): Promise<Data>;
  /** Sends a document over HTTP, for its errors. */
  errors(query: string, variables?: object): Promise<readonly GraphError[]>;
  /** Subscribes over a WebSocket; the values are collected. */
  subscribe(query: string, variables?: object): Subscription;
}

export interface TestGateway extends Asking, AsyncDisposable {
  readonly url: string;
  readonly folder: string;
  readonly platform: Gateway['platform'];
  /** What the first ADMIN is made with, where access takes a token. */
  readonly firstToken: string | undefined;
  /** The same gateway, asked by who shows this as `Authorization`. */
  as(authorization: string): Asking;
  /** Everything that was logged, as lines of JSON. */
  readonly log: () => string;
  /** The statements that the reads of `work` run. */
  statements(work: () => Promise<unknown>): Promise<string[]>;
  /** Closes it; the folder stays. */
  stop(): Promise<void>;
  /** The same store and folder, opened anew. */
  again(): Promise<TestGateway>;
}

export interface Subscription {
  readonly values: Data[];
  readonly errors: GraphError[];
  /** Whether the server has ended it. */
  readonly isComplete: boolean;
  /** The code that the socket was closed with by the server. */
  readonly closeCode: number | undefined;
  /** Resolves with what `find` makes of the values, as soon as it is not undefined. */
  until<T>(find: (values: Data[]) => T | undefined, what?: string): Promise<T>;
  close(): void;
}

const PATIENCE_MS = 30_000;

export async function startGateway(
  settings: Record<string, string> = {},
  folder = mkdtempSync(join(tmpdir(), 'gantry-test-')),
): Promise<TestGateway> {
  const config: Config = readConfig({
    GANTRY_DATA: folder,
    GANTRY_PORT: '0',
    GANTRY_SHUTDOWN_SECONDS: '2',
    ...settings,
  });
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const gateway = await openGateway(config, pino({ level: 'debug' }, sink));
  const clients: Client[] = [];
  let isOpen = true;

  const post = async (
    query: string,
    variables?: object,
    authorization?: string,
  ): Promise<{ data?: Data; errors?: GraphError[] }> => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as { data?: Data; errors?: GraphError[] };
  };
  const stop = async () => {
    if (!isOpen) return;
    isOpen = false;
    for (const client of clients) await client.dispose();
    await gateway.close();
  };
  const asking = (authorization?: string): Asking => ({
    run: async (query, variables) => {
      const { data, errors } = await post(query, variables, authorization);
      if (errors) throw new Error(JSON.stringify(errors, null, 1));
      return data;
    },
    errors: async (query, variables) => (await post(query, variables, authorization)).errors ?? [],
    subscribe: (query, variables) => {
      const client = createClient({
        url: `${gateway.url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        ...(authorization !== undefined && { connectionParams: { authorization } }),
      });
      clients.push(client);
      return collect(client, query, variables);
    },
  });
  return {
    ...asking(),
    as: asking,
    firstToken: gateway.firstToken?.reveal(),
    url: gateway.url,
    folder,
    platform: gateway.platform,
    log: () => lines.join(''),
    statements: async (work) => {
      const seen: string[] = [];
      const { reader } = gateway.platform.store;
      reader.onStatement = (sql) => seen.push(sql);
      await work();
      reader.onStatement = undefined;
      return seen;
    },
    stop,
    again: async () => {
      await stop();
      return startGateway(settings, folder);
    },
    [Symbol.asyncDispose]: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function collect(client: Client, query: string, variables?: object): Subscription {
  const values: Data[] = [];
  const errors: GraphError[] = [];
  let wake = () => {};
  let isComplete = false;
  let closed: { code?: number } | undefined;
  const end = client.subscribe<Data>(
    { query, variables: variables as Record<string, unknown> },
    {
      next: (result) => {
        if (result.errors) errors.push(...(result.errors as unknown as GraphError[]));
        if (result.data) values.push(Object.values(result.data)[0]);
        wake();
      },
      error: (error) => {
        if (Array.isArray(error)) errors.push(...error);
        else closed = error as { code?: number };
        wake();
      },
      complete: () => {
        isComplete = true;
        wake();
      },
    },
  );
  return {
    values,
    errors,
    get isComplete() {
      return isComplete;
    },
    get closeCode() {
      return closed?.code;
    },
    until: async (find, what = 'the expected') => {
      const deadline = Date.now() + PATIENCE_MS;
      for (;;) {
        const found = find(values);
        if (found !== undefined) return found;
        const left = deadline - Date.now();
        if (left <= 0)
          throw new Error(`${what} did not come; what came: ${JSON.stringify([...values, ...errors], null, 1)}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, left);
        });
      }
    },
    close: end,
  };
}

/** Runs a query over a socket; answers with its first root. */
export async function subscribeOnce(gateway: TestGateway, query: string, variables?: object): Promise<Data> {
  const subscription = gateway.subscribe(query, variables);
  try {
    return await subscription.until((values) => values[0] ?? undefined);
  } finally {
    subscription.close();
  }
}
