// Speaks a REST dialect to a gateway, and keeps what came back: status, headers, text.
import { request } from 'node:http';

export interface RestAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers are checked by expectations, not by types
  readonly body: any;
}

export interface RestRequest {
  /** An object goes as JSON, text and bytes as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Over a socket of its own, so that headers which `fetch` would not send can be sent. */
export function rest(
  url: string,
  method: string,
  path: string,
  { body, headers = {} }: RestRequest = {},
): Promise<RestAnswer> {
  const { hostname, port } = new URL(url);
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const content = body === undefined || isRaw ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const type = content === undefined ? {} : { 'content-type': 'application/json' };
    const sent = request(
      { hostname, port, method, path, headers: { ...type, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parse(text) });
        });
      },
    );
    sent.on('error', reject);
    sent.end(content);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
