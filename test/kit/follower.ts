// Someone who follows the log over a WebSocket, by a client of its own (graphql-transport-ws), and comes again whenever it is cut off.
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';

const document = (padding: number) =>
  `subscription ($filter: EventFilter, $after: Cursor) { events(filter: $filter, after: $after) { cursor type subjectId digest ${Array.from({ length: padding }, (_, each) => `d${each}: digest`).join(' ')} } }`;

/** What the checker knows an event by: it says all of it, by its digest. */
export const lineOf = (event: { cursor: string; type: string; subjectId: string; digest: string }): string =>
  `${event.cursor} ${event.type} ${event.subjectId} ${event.digest}`;

export interface Follower {
  /** What it was told, in the order of the telling, across all of its connections. */
  readonly lines: readonly string[];
  readonly subscriptions: number;
  /** What it was refused; none is expected. */
  readonly refusals: readonly string[];
  /** Leaves what comes unread, until it reads again. */
  pause(): void;
  resume(): void;
  close(): void;
}

export interface Following {
  readonly filter?: object | undefined;
  /** Where it begins. */
  readonly after: string;
  /** Whether it comes again with the last cursor it saw; otherwise without any, as a naive client does. */
  readonly remembers?: boolean;
  /** Waited for before it comes again. */
  readonly beforeReturn?: () => Promise<void>;
  /** Asks for so many digests more, for what it is told to be long. */
  readonly padding?: number;
  /** Makes equal lines one: hundreds of followers are told the same. */
  readonly keep: (line: string) => string;
}

export function follow(
  url: string,
  { filter, after, remembers = true, beforeReturn, padding = 0, keep }: Following,
): Follower {
  const lines: string[] = [];
  const refusals: string[] = [];
  let cursor: string | undefined = after;
  let subscriptions = 0;
  let isOver = false;
  let socket: WebSocket;

  const connect = () => {
    if (isOver) return;
    const mine = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false, handshakeTimeout: 30_000 });
    socket = mine;
    const say = (message: object) => mine.send(JSON.stringify(message));
    mine.on('open', () => say({ type: 'connection_init' }));
    mine.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.type === 'ping') say({ type: 'pong' });
      else if (message.type === 'connection_ack') {
        subscriptions++;
        say({
          id: '1',
          type: 'subscribe',
          payload: { query: document(padding), variables: { filter, after: cursor } },
        });
      } else if (message.type === 'next' && message.payload.data) {
        const event = message.payload.data.events;
        if (remembers) cursor = event.cursor;
        lines.push(keep(lineOf(event)));
      } else if (message.type === 'next' || message.type === 'error') refusals.push(String(data));
      else if (message.type === 'complete') mine.terminate();
    });
    // Cut, refused because the gateway is down, or reset: all the same to it.
    mine.on('error', () => {});
    mine.on('close', async () => {
      if (isOver) return;
      if (!remembers) cursor = undefined;
      await beforeReturn?.();
      await sleep(5 + Math.random() * 200);
      connect();
    });
  };
  connect();
  return {
    lines,
    refusals,
    get subscriptions() {
      return subscriptions;
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => {
      isOver = true;
      socket.terminate();
    },
  };
}
