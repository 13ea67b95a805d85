// The part of autocannon that the bench uses: the package comes without types.
declare module 'autocannon' {
  import type { EventEmitter } from 'node:events';

  interface Options {
    readonly url: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    /** Sent one after the other by each connection, over and over. */
    readonly requests: readonly { readonly body: string }[];
  }

  interface Result {
    readonly errors: number;
    readonly non2xx: number;
  }

  type Run = EventEmitter & {
    on(event: 'response', listener: (client: unknown, status: number, bytes: number, ms: number) => void): Run;
  };

  export default function autocannon(options: Options, done: (error: Error | null, result: Result) => void): Run;
}
