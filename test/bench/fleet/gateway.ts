// The gateway under test, seen from outside: its graph, what it hears of processes, its processor time and memory.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { Taken } from '../fleet-gateway.ts';

const MAIN = fileURLToPath(new URL('../fleet-gateway.ts', import.meta.url));
const PATIENCE_MS = 60_000;
// Of the kernel's clock: what /proc counts in.
const TICKS_PER_SECOND = 100;

// biome-ignore lint/suspicious/noExplicitAny: answers of a graph
export type Data = any;

export interface StatusNews {
  readonly processId: string;
  readonly status: string;
  /** By the bench's clock. */
  readonly heardAt: number;
}

export class BenchGateway {
  readonly spawnedAt = performance.now();
  readonly #child: ChildProcess;
  #url = '';

  private constructor(folder: string) {
    this.#child = spawn(process.execPath, ['--expose-gc', MAIN], {
      env: { PATH: process.env.PATH, BENCH_DATA: folder },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  static async start(folder: string): Promise<BenchGateway> {
    const gateway = new BenchGateway(folder);
    gateway.#url = (await gateway.#next()) as string;
    return gateway;
  }

  async run(query: string, variables?: object): Promise<Data> {
    const response = await fetch(`${this.#url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(PATIENCE_MS * 5),
    });
    const { data, errors } = (await response.json()) as { data?: Data; errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** Tells every change of a process, as a subscriber over a socket hears it. Resolves when it has been told how all stand. */
  async listen(count: number, hear: (news: StatusNews) => void): Promise<() => void> {
    const client = createClient({ url: `${this.#url.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
    const begun = Promise.withResolvers<void>();
    const seen = new Set<string>();
    client.subscribe<{ processStatus: { processId: string; status: string } }>(
      { query: 'subscription { processStatus { processId status } }' },
      {
        next: ({ data }) => {
          if (!data) return;
          hear({ ...data.processStatus, heardAt: performance.now() });
          if (seen.add(data.processStatus.processId).size === count) begun.resolve();
        },
        error: begun.reject,
        complete: () => {},
      },
    );
    await begun.promise;
    return () => void client.dispose();
  }

  /** Seconds of processor time so far. */
  get processorSeconds(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'latin1');
    const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(words[11]) + Number(words[12])) / TICKS_PER_SECOND;
  }

  async memory(): Promise<Taken> {
    this.#child.send('memory');
    return (await this.#next()) as Taken;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.send('close');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(late);
  }

  async #next(): Promise<unknown> {
    const [message] = await once(this.#child, 'message', { signal: AbortSignal.timeout(PATIENCE_MS) });
    return message;
  }
}
