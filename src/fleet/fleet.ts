// The nodes that are watched, and what can be asked of them. The only door of this layer.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Networks } from '../networks.ts';
import { Courier, type Wanted } from './artifacts/courier.ts';
import { Backoff, type BackoffOptions } from './backoff.ts';
import { sameLogin } from './credentials.ts';
import { fromAnswer } from './failures.ts';
import { follow, type LogPart } from './follow.ts';
import { HandshakeGate } from './gate.ts';
import { guard } from './guard.ts';
import { healthText } from './health.ts';
import type { Answer } from './link.ts';
import { type LogPage, type ReadPiece, readTail, toState } from './log.ts';
import { toLine } from './log-text.ts';
import { ending } from './observation.ts';
import { ping } from './ping.ts';
import { KeyedQueue } from './queue.ts';
import { checkProcessId, policyWord, specText } from './spec.ts';
import type {
  Connection,
  FleetListener,
  NodeTarget,
  Observation,
  PingResult,
  ProcessSpec,
  StartResult,
  StopOptions,
  StopResult,
} from './types.ts';
import { FleetError } from './types.ts';
import { Watch } from './watch.ts';

export interface FleetOptions {
  readonly listener: FleetListener;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error' | 'debug'>;
  /** Milliseconds from calling a node to the keeper's hello. Default 10 000. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds of silence until a link is lost; the keeper speaks every second. Default 3 000. */
  readonly heartbeatTimeoutMs?: number;
  readonly backoff?: BackoffOptions;
  /** Handshakes at once: 32 in all, 6 per server. */
  readonly maxHandshakes?: { readonly total?: number; readonly perServer?: number };
  /** Where nodes may be; anywhere if not given. */
  readonly networks?: Networks | undefined;
}

// For the link over which an artifact goes; it was there a moment ago.
const LINK_MS = 30_000;

const PING_RETRIES = 2;

export class Fleet {
  readonly #watches = new Map<string, Watch>();
  readonly #queue = new KeyedQueue();
  readonly #courier = new Courier();
  readonly #gate: HandshakeGate;
  readonly #listener: FleetListener;
  readonly #connectTimeoutMs: number;
  readonly #heartbeatTimeoutMs: number;
  readonly #backoff: BackoffOptions;
  readonly #networks: Networks | undefined;

  constructor(options: FleetOptions) {
    this.#listener = guard(options.listener, options.log);
    this.#gate = new HandshakeGate({ total: 32, perServer: 6, ...options.maxHandshakes });
    this.#connectTimeoutMs = options.connectTimeoutMs ?? 10_000;
    this.#heartbeatTimeoutMs = options.heartbeatTimeoutMs ?? 3_000;
    this.#backoff = options.backoff ?? {};
    this.#networks = options.networks;
  }

  /**
   * Keeps a link to the node. Called again it takes what has changed: another address or credential, or pins that the present
   * key is not among, drop the link and connect anew at once. Empty pins do not forget a pin; unwatch first for that.
   */
  watch(target: NodeTarget): void {
    const watch = this.#watches.get(target.id);
    if (watch) watch.retarget(target);
    else
      this.#watches.set(
        target.id,
        new Watch(target, {
          listener: this.#listener,
          gate: this.#gate,
          networks: this.#networks,
          connectTimeoutMs: this.#connectTimeoutMs,
          heartbeatTimeoutMs: this.#heartbeatTimeoutMs,
          backoff: this.#backoff,
        }),
      );
  }

  /** Ends the link; processes on the node live on. The listener hears nothing more of the node. */
  async unwatch(nodeId: string): Promise<void> {
    const watch = this.#watches.get(nodeId);
    this.#watches.delete(nodeId);
    await watch?.close();
  }

  connection(nodeId: string): Connection | undefined {
    return this.#watches.get(nodeId)?.connection;
  }

  /** A fresh connection with these credentials. Never throws for what happened on the machine. A success wakes a watched node. */
  async ping(target: NodeTarget): Promise<PingResult> {
    const watch = this.#watches.get(target.id);
    const known = watch && target.hostKeys.length === 0 && sameLogin(watch.target, target) ? watch.target.hostKeys : [];
    const pins = target.hostKeys.length > 0 ? target.hostKeys : known;
    const options = {
      timeoutMs: this.#connectTimeoutMs,
      pin: (key: Parameters<FleetListener['pin']>[1][number]) => this.#listener.pin(target.id, [key], target),
      slot: () => this.#gate.total(),
      names: () => this.#gate.names(),
      networks: this.#networks,
    };
    const look = () =>
      this.#gate.perServer(`${target.host}:${target.port}`, () => ping({ ...target, hostKeys: pins }, options));
    let result = await look();
    // A server that is being stormed drops connections at random.
    const backoff = new Backoff(this.#backoff);
    for (let again = 0; result.reason === 'RESET' && again < PING_RETRIES; again++) {
      await sleep(backoff.next());
      result = await look();
    }
    if (result.reachable && watch && sameLogin(watch.target, target)) watch.retry();
    return result;
  }

  /**
   * Resolves when the process runs. ALREADY has pid 0 while it waits for its next restart. Throws FleetError: typed reasons
   * of the connection and of the process; LOST and TIMEOUT mean that nobody knows, and asking again starts nothing twice.
   */
  async start(
    nodeId: string,
    processId: string,
    spec: ProcessSpec,
    options: { timeoutMs: number },
  ): Promise<StartResult> {
    checkProcessId(processId);
    const words = [processId, policyWord(spec), specText(spec), healthText(spec.health)];
    const { words: said } = await this.#ask(nodeId, `process ${processId}`, 'start', words, options.timeoutMs);
    const pid = Number(said[0] === 'already' ? said[2] : said[1]);
    return { outcome: said[0] === 'already' ? 'ALREADY' : 'STARTED', pid: Number.isSafeInteger(pid) ? pid : 0 };
  }

  /** Resolves when nothing of the process is left: signal to its group, KILL after the grace. A stopped process stops at once. */
  async stop(nodeId: string, processId: string, options: StopOptions): Promise<StopResult> {
    checkProcessId(processId);
    const { signal = 'TERM', graceMs, timeoutMs } = options;
    if (!Number.isFinite(graceMs) || graceMs < 0 || graceMs > 3_600_000) {
      throw new FleetError('BAD_REQUEST', 'The grace of a stop is from 0 to 3 600 000 ms.');
    }
    const words = [processId, signal, String(Math.round(graceMs))];
    const answer = await this.#ask(nodeId, `process ${processId}`, 'stop', words, timeoutMs);
    return ending(answer.words[1] ?? '');
  }

  /** Forgets a process that is down: its files and its log go. Throws NOT_STOPPED if it is up. */
  async remove(nodeId: string, processId: string, options: { timeoutMs: number }): Promise<void> {
    checkProcessId(processId);
    await this.#ask(nodeId, `process ${processId}`, 'remove', [processId], options.timeoutMs);
  }

  /** Asks the node for the state of all its processes now. */
  async refresh(nodeId: string, options: { timeoutMs: number }): Promise<readonly Observation[]> {
    return (await this.#ask(nodeId, undefined, 'status', [], options.timeoutMs)).listed;
  }

  /** The last lines of what a process printed, before a cursor or the end; the end may be of a line that is being written. */
  async log(
    nodeId: string,
    processId: string,
    options: { last: number; before?: string | undefined; timeoutMs: number },
  ): Promise<LogPage> {
    checkProcessId(processId);
    const { last, before, timeoutMs } = options;
    const read = this.#logReader(nodeId, processId, timeoutMs);
    const page = await readTail(read, { last, before, countRest: true });
    // Before a cursor only where not a single line ends: cursors are beginnings of lines.
    const begun = page.rest.length > 0 && last > 0 ? [toLine(page.rest, false)] : [];
    return { lines: [...page.lines, ...begun], start: page.start, hasMore: page.hasMore };
  }

  /** The last lines, then what comes. It holds through lost links, and ends with its reader: nothing of it stays on the node. */
  followLog(nodeId: string, processId: string, options: { last: number; timeoutMs: number }): AsyncIterable<LogPart> {
    checkProcessId(processId);
    const read = this.#logReader(nodeId, processId, options.timeoutMs);
    return follow({ read, isConnected: () => this.connection(nodeId)?.state === 'CONNECTED' }, options.last);
  }

  /**
   * Copies an artifact to the node unless it has it: whole or not at all. Resolves to its path there. Throws FleetError: the reasons of
   * the connection and of artifacts, DISK_FULL.
   */
  bring(nodeId: string, wanted: Wanted): Promise<string> {
    const road = {
      ask: (verb: string, words: string[], timeoutMs: number) => this.#ask(nodeId, 'artifacts', verb, words, timeoutMs),
      link: () => this.#watched(nodeId).link(LINK_MS),
    };
    return this.#courier.bring(nodeId, road, wanted);
  }

  // Logs have one turn per node, whoever reads however many: a crash waits behind one piece at most.
  #logReader(nodeId: string, processId: string, timeoutMs: number): ReadPiece {
    return async (cuts, offset, bytes) => {
      const words = [processId, String(cuts), String(offset), String(bytes)];
      const answer = await this.#ask(nodeId, 'logs', 'log', words, timeoutMs);
      return { state: toState(answer.words), data: answer.data };
    };
  }

  /** All links end; processes on nodes live on. */
  async close(): Promise<void> {
    await Promise.all([...this.#watches.keys()].map((nodeId) => this.unwatch(nodeId)));
  }

  /** Requests of one lane (a process) go out one after the other: the node would make them wait, and all others behind them. */
  async #ask(
    nodeId: string,
    lane: string | undefined,
    verb: string,
    words: string[],
    timeoutMs: number,
  ): Promise<Answer> {
    const watch = this.#watched(nodeId);
    const deadline = performance.now() + timeoutMs;
    const left = () => Math.max(1, Math.ceil(deadline - performance.now()));
    const endTurn = lane === undefined ? () => {} : await this.#turn(`${nodeId} ${lane}`, timeoutMs);
    let link: Awaited<ReturnType<Watch['link']>>;
    try {
      link = await watch.link(left());
    } catch (error) {
      endTurn();
      throw error;
    }
    const request = link.request(verb, words, left());
    request.finished.then(endTurn);
    const answer = await request.answer;
    // The bootstrap of a new link brings the keeper back.
    if (answer.words[0] === 'emptied') link.close();
    if (answer.code !== 0) throw fromAnswer(answer.words);
    return answer;
  }

  #watched(nodeId: string): Watch {
    const watch = this.#watches.get(nodeId);
    if (!watch) throw new FleetError('CLOSED', `The node ${nodeId} is not watched.`);
    return watch;
  }

  async #turn(key: string, timeoutMs: number): Promise<() => void> {
    const turn = this.#queue.turn(key);
    const { promise, reject } = Promise.withResolvers<never>();
    const late = () => reject(new FleetError('TIMEOUT', 'Other requests took too long; nothing was sent.'));
    const timer = setTimeout(late, timeoutMs);
    try {
      return await Promise.race([turn, promise]);
    } catch (error) {
      turn.then((endTurn) => endTurn());
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
