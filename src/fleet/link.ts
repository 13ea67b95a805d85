// One connection to a node with one channel on it: requests go out as lines, answers and changes come in. Made once, dies once.
import { randomBytes } from 'node:crypto';
import type { Client, ClientChannel } from 'ssh2';
import { serveScript } from './bootstrap.ts';
import { type ConnectOptions, connect } from './connector.ts';
import { toFacts } from './facts.ts';
import { connectionFailure } from './failures.ts';
import { awaitHello, type Hello, openShell } from './hello.ts';
import { toObservation } from './observation.ts';
import { RunOrder } from './order.ts';
import { LineSplitter, type Message, type ProcessLine, parseLine } from './protocol.ts';
import { quoteInLine } from './quote.ts';
import { openSubsystem } from './sftp/channel.ts';
import type { NodeFacts, NodeTarget, Observation } from './types.ts';
import { FleetError } from './types.ts';

export interface LinkOptions extends ConnectOptions {
  /** Milliseconds without a byte until the link counts as lost. */
  readonly heartbeatTimeoutMs: number;
}

export interface LinkEvents {
  snapshot(all: readonly Observation[]): void;
  observed(observation: Observation): void;
}

export interface Answer {
  readonly code: number;
  readonly words: readonly string[];
  readonly listed: readonly Observation[];
  /** What came in pieces, as the bytes of a log. */
  readonly data: Buffer;
}

export interface Request {
  /** The answer; rejects with TIMEOUT or LOST. */
  readonly answer: Promise<Answer>;
  /** Resolves when the node has answered or cannot any more, also after a time-out. */
  readonly finished: Promise<void>;
}

interface Waiting {
  readonly listed: Observation[];
  readonly data: Buffer[];
  readonly answer: PromiseWithResolvers<Answer>;
  readonly finished: PromiseWithResolvers<void>;
  readonly timer: NodeJS.Timeout;
  readonly verb: string;
  /** The process that it is about, if it is about one. */
  readonly id: string;
}

const MAX_PROCESSES = 20_000;
// Of 57 bytes each: more than is ever asked for.
const MAX_DATA_LINES = 1_000;
const MAX_UNWRITTEN = 16 * 1024 * 1024;
const MAX_NONSENSE = 1_000;
const ROUND_TRIP_MS = 10_000;
const BOOT_ID = /^[0-9a-f-]{1,64}$/;

/** Connects, installs the keeper and waits for its hello. Throws FleetError. */
export async function openLink(target: NodeTarget, options: LinkOptions, events: LinkEvents): Promise<Link> {
  const deadline = performance.now() + options.timeoutMs;
  const client = await connect(target, options);
  const close = () => client.destroy();
  options.signal?.addEventListener('abort', close, { once: true });
  try {
    const nonce = randomBytes(12).toString('hex');
    const timeoutMs = Math.max(1, deadline - performance.now());
    const script = serveScript(nonce, target.driver ?? 'AUTO');
    const hello = await awaitHello(await openShell(client, target), script, { nonce, timeoutMs, target });
    return new Link(target, client, hello, options, events);
  } catch (error) {
    client.destroy();
    throw options.signal?.aborted ? connectionFailure('CLOSED', target) : error;
  } finally {
    options.signal?.removeEventListener('abort', close);
  }
}

export class Link {
  readonly bootId: string;
  readonly facts: NodeFacts;
  /** Resolves to the reason when the link has ended, by whomever. */
  readonly down: Promise<FleetError>;
  readonly #goDown: (error: FleetError) => void;
  readonly #client: Client;
  readonly #channel: ClientChannel;
  readonly #splitter = new LineSplitter();
  readonly #order = new RunOrder();
  readonly #waiting = new Map<number, Waiting>();
  readonly #bootedAt: number;
  readonly #heartbeat: NodeJS.Timeout;
  #error: FleetError | undefined;
  #snapshot: ProcessLine[] = [];
  #sequence = 0;
  #chunks = 0;
  #nonsense = 0;

  constructor(
    private readonly target: NodeTarget,
    client: Client,
    hello: Hello,
    options: LinkOptions,
    private readonly events: LinkEvents,
  ) {
    const [bootId = '', uptime = '', ...more] = hello.words;
    if (!BOOT_ID.test(bootId) || !/^[0-9.]{1,20}$/.test(uptime)) {
      throw new FleetError('UNSUPPORTED', 'The node answered with something that is not a keeper.');
    }
    this.bootId = bootId;
    this.facts = toFacts(more, target.driver ?? 'AUTO');
    this.#bootedAt = Date.now() - Number(uptime) * 1000;
    this.#client = client;
    this.#channel = hello.channel;
    const { promise, resolve } = Promise.withResolvers<FleetError>();
    this.down = promise;
    this.#goDown = resolve;
    const lost = () => this.#end(connectionFailure('LOST', target));
    client.on('error', lost).on('close', lost);
    this.#channel.on('error', lost).on('close', lost);
    this.#channel.stderr.resume(); // read and dropped: unread it would fill the window and stop the channel
    this.#heartbeat = setTimeout(() => this.#silent(), options.heartbeatTimeoutMs);
    this.#channel.on('data', (chunk: Buffer) => this.#hear(chunk));
    if (hello.rest.length > 0) queueMicrotask(() => this.#hear(hello.rest));
    this.#channel.resume();
  }

  /** Lines of the protocol that were not understood, so far. */
  get nonsense(): number {
    return this.#nonsense + this.#splitter.dropped;
  }

  /** Sends `verb` with its words, each of them quoted here. `timeoutMs` is for the answer alone. */
  request(verb: string, words: readonly string[], timeoutMs: number): Request {
    const answer = Promise.withResolvers<Answer>();
    const finished = Promise.withResolvers<void>();
    const refusal = this.#error ?? (this.#channel.writableLength > MAX_UNWRITTEN ? this.#timeout() : undefined);
    if (refusal) {
      answer.reject(refusal);
      finished.resolve();
    } else {
      const seq = ++this.#sequence;
      const id = words[0] ?? '';
      const late = () => {
        this.#order.answered(verb, id);
        answer.reject(this.#timeout());
      };
      const timer = setTimeout(late, timeoutMs);
      this.#waiting.set(seq, { listed: [], data: [], answer, finished, timer, verb, id });
      if (verb === 'start') this.#order.starting(id);
      this.#channel.write(`${[seq, verb, ...words.map(quoteInLine)].join(' ')}\n`);
    }
    return { answer: answer.promise, finished: finished.promise };
  }

  /** A further channel on the same connection, for as long as it lasts. Throws FleetError: NO_SFTP, LOST, TIMEOUT. */
  openSubsystem(name: 'sftp', timeoutMs: number): Promise<ClientChannel> {
    if (this.#error) return Promise.reject(this.#error);
    return openSubsystem(this.#client, name, timeoutMs, this.down);
  }

  /** Milliseconds until the node has answered a line, or undefined: it is busy with a request, or has not answered. */
  async roundTrip(): Promise<number | undefined> {
    // Requests are answered in their order: behind another one its work would be measured.
    if (this.#waiting.size > 0) return undefined;
    const asked = performance.now();
    // No request: the node says so at once, and does nothing.
    return this.request('echo', [], ROUND_TRIP_MS).answer.then(
      () => performance.now() - asked,
      () => undefined,
    );
  }

  /** Ends the link; processes and their keepers live on. */
  close(): void {
    this.#end(connectionFailure('CLOSED', this.target));
  }

  #timeout(): FleetError {
    return new FleetError('TIMEOUT', 'The node did not answer the request in time; what became of it is not known.');
  }

  #hear(chunk: Buffer): void {
    if (this.#error) return;
    this.#chunks++;
    this.#heartbeat.refresh();
    const at = new Date();
    for (const line of this.#splitter.push(chunk)) {
      const message = parseLine(line);
      if (message) this.#take(message, at);
      else this.#nonsense++;
    }
    if (this.nonsense > MAX_NONSENSE) {
      this.#end(new FleetError('UNSUPPORTED', 'What the node sends is not the protocol of a keeper.'));
    }
  }

  #take(message: Message, at: Date): void {
    const observe = (process: ProcessLine) => toObservation(process, this.#bootedAt, at);
    switch (message.kind) {
      case 'answer':
        this.#answered(message);
        return;
      case 'listed': {
        const listed = this.#waiting.get(message.seq)?.listed;
        if (listed && listed.length < MAX_PROCESSES) listed.push(observe(message.process));
        return;
      }
      case 'data': {
        const data = this.#waiting.get(message.seq)?.data;
        if (data && data.length < MAX_DATA_LINES) data.push(message.data);
        return;
      }
      case 'part':
        if (this.#snapshot.length < MAX_PROCESSES) this.#snapshot.push(message.process);
        return;
      case 'whole': {
        const all = this.#snapshot;
        this.#snapshot = [];
        const old = this.#order.snapshot(all);
        this.events.snapshot(all.map((line) => ({ ...observe(line), ...(old.has(line) && { isOld: true }) })));
        return;
      }
      case 'event':
        if (this.#order.isNews(message.process)) this.events.observed(observe(message.process));
        return;
      case 'heartbeat':
        return;
    }
  }

  #answered(message: Message & { kind: 'answer' }): void {
    const waiting = this.#waiting.get(message.seq);
    if (!waiting) return;
    this.#waiting.delete(message.seq);
    clearTimeout(waiting.timer);
    const { code, words } = message;
    // Here and not by who waits for the answer: the next lines of the same piece are heard before that one wakes.
    this.#order.answered(waiting.verb, waiting.id, words);
    waiting.answer.resolve({ code, words, listed: waiting.listed, data: Buffer.concat(waiting.data) });
    waiting.finished.resolve();
  }

  /** The timer also fires when it was the gateway that slept: what has arrived meanwhile is read before anyone is called dead. */
  #silent(): void {
    const chunks = this.#chunks;
    setImmediate(() =>
      setImmediate(() => {
        if (this.#chunks !== chunks) return;
        this.#end(new FleetError('LOST', `${this.target.host}:${this.target.port} has fallen silent.`));
      }),
    );
  }

  #end(error: FleetError): void {
    if (this.#error) return;
    this.#error = error;
    clearTimeout(this.#heartbeat);
    const lost = new FleetError(error.reason, `${error.message} What became of the request is not known.`);
    for (const waiting of this.#waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.answer.reject(lost);
      waiting.finished.resolve();
    }
    this.#waiting.clear();
    // An orderly end lets the keeper's server tidy up behind itself; a node that does not answer gets no second longer.
    if (error.reason === 'CLOSED') {
      this.#channel.end();
      this.#client.end();
      setTimeout(() => this.#client.destroy(), 1_000).unref();
    } else this.#client.destroy();
    this.#goDown(error);
  }
}
