// Load on one server for a few seconds, and what came of it.
import autocannon from 'autocannon';

export const CONNECTIONS = 4;

export interface Round {
  /** Requests answered per second. */
  readonly rate: number;
  /** Milliseconds of each answer. */
  readonly latencies: readonly number[];
}

/** Throws unless every answer was a 2xx. */
export function load(url: string, bodies: readonly string[], seconds: number): Promise<Round> {
  return new Promise((resolve, reject) => {
    const latencies: number[] = [];
    const began = performance.now();
    let ended = began;
    const run = autocannon(
      {
        url,
        connections: CONNECTIONS,
        duration: seconds,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        requests: bodies.map((body) => ({ body })),
      },
      (error, result) => {
        if (error) reject(error);
        else if (result.errors + result.non2xx > 0) {
          reject(new Error(`${url}: ${result.errors} errors, ${result.non2xx} answers that are not 2xx`));
        } else resolve({ rate: (latencies.length / (ended - began)) * 1000, latencies });
      },
    );
    run.on('response', (_client, _status, _bytes, ms) => {
      latencies.push(ms);
      ended = performance.now();
    });
  });
}

/** The value that a part of the sorted values is below: 0.5 for the median. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export async function ask(url: string, body: string): Promise<{ readonly json: unknown; readonly bytes: number }> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const text = await response.text();
  return { json: JSON.parse(text), bytes: Buffer.byteLength(text) };
}
