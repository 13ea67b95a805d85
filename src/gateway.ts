// The composition root: the one place where everything is assembled; closed in reverse.

import { existsSync } from 'node:fs';
import type { GraphQLSchema } from 'graphql';
import { type Logger, pino } from 'pino';
import { Bus } from './bus/bus.ts';
import type { Config } from './config.ts';
import { GantryError } from './errors.ts';
import { Fleet } from './fleet/fleet.ts';
import { attributeMutations } from './graph/deeds.ts';
import { TrustedDocuments } from './graph/documents.ts';
import { doorTo } from './graph/door.ts';
import { errorFormatter } from './graph/errors.ts';
import { EventStreams } from './graph/event-stream.ts';
import { Executor } from './graph/executor.ts';
import { createHosts } from './graph/hosts.ts';
import { createHttp, GRAPHQL_PATH } from './graph/http.ts';
import { internalSchema } from './graph/internal.ts';
import type { DocumentLimits } from './graph/limits.ts';
import { Planner } from './graph/planner.ts';
import { guardRoots } from './graph/rights.ts';
import { buildSchema } from './graph/schema.ts';
import { createServer } from './graph/server.ts';
import { openSockets } from './graph/sockets.ts';
import { listen, readTls } from './listening.ts';
import { atMost } from './patience.ts';
import { Access } from './platform/access.ts';
import { AnswerExpiry } from './platform/answer-expiry.ts';
import { Answers } from './platform/answers.ts';
import { Artifacts } from './platform/artifacts.ts';
import { Execution } from './platform/execution.ts';
import { Lifecycle } from './platform/lifecycle.ts';
import { LinkBook } from './platform/link-book.ts';
import { forgetLinks, watchAllNodes } from './platform/links.ts';
import { LogCare } from './platform/log-care.ts';
import type { News } from './platform/news.ts';
import { Observer } from './platform/observer.ts';
import { OperationRecord } from './platform/operation-record.ts';
import { Places } from './platform/places.ts';
import type { Platform } from './platform/platform.ts';
import { Refusals } from './platform/refusals.ts';
import { SIGHT } from './platform/rights.ts';
import { inBatches } from './platform/rolling-run.ts';
import { ServiceTypes } from './platform/service-types.ts';
import { StatusBook } from './platform/status.ts';
import { StepRunner } from './platform/steps.ts';
import { Supervisor } from './platform/supervisor.ts';
import { createTeller } from './platform/telling.ts';
import { Undertaker } from './platform/undertaker.ts';
import { mountDialects } from './rest/mount.ts';
import { platformDialect } from './rest/platform/dialect.ts';
import { topologyDialect } from './rest/topology/dialect.ts';
import type { Secret } from './secret.ts';
import { Keyring } from './store/keyring.ts';
import { unaskedAll } from './store/log/cause.ts';
import { PASSWORD_MASK } from './store/shown-secrets.ts';
import { Store } from './store/store.ts';

export interface Gateway {
  /** As in `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly platform: Platform;
  /** What the first ADMIN is made with, while there is none. */
  readonly firstToken: Secret | undefined;
  /** No new requests, running ones finish, sockets are told, processes on nodes live on. */
  close(): Promise<void>;
}

// When the gateway closes, as shares of the time that it has: answers to who still waits, and the end of the sockets.
const LAST_WORD = 0.6;
const LAST_CALL = 0.9;

export async function openGateway(config: Config, log: Logger = pino({ level: config.logLevel })): Promise<Gateway> {
  // What is open by then is closed, in reverse, if a later part fails; and at the end, by whoever has the gateway.
  await using opening = new AsyncDisposableStack();
  const serviceTypes = ServiceTypes.load(config.serviceTypes);
  const keyring = Keyring.open(config.keyFile, !existsSync(config.database));
  const store: Store = await Store.open(
    config.database,
    keyring,
    config.nodePasswords,
    SIGHT,
    createTeller(() => store.columns()),
  );
  opening.defer(() => store.close());
  const logCare = new LogCare(store, config.events, log);
  opening.defer(() => logCare.close());
  const bus = new Bus<News>();
  store.onAppended((seq) => bus.publish('appended', seq));
  const access = new Access(store, config.access);
  opening.defer(() => access.close());
  const status = new StatusBook(store, bus, log);
  opening.defer(() => status.close());
  const links = new LinkBook(store, log);
  opening.defer(() => links.close());
  const listener = new Observer(store, status, links, bus, log, config.hostKeys);
  const fleet = new Fleet({ listener: unaskedAll(listener), log, networks: config.nodeNetworks });
  opening.defer(() => fleet.close());
  const undertaker = new Undertaker({ store, fleet, links, log });
  opening.defer(() => undertaker.close(config.shutdownMs));
  listener.onConnected = (nodeId) => undertaker.attend(nodeId);
  const record = new OperationRecord(store, bus);
  const artifacts = new Artifacts(store, fleet, bus, serviceTypes);
  const steps = new StepRunner(store, fleet, bus, status, serviceTypes, record, artifacts);
  const rolling = inBatches(store, new Places(store, log, bus), record);
  const execution = new Execution(store, fleet, steps, record, log, { ROLLING_RESTART: rolling });
  const lifecycle = new Lifecycle(store, execution, log);
  let closeBy: number | undefined;
  // Requests and operations share the time that closing may take.
  const timeLeft = () => Math.max(0, (closeBy ?? performance.now() + config.shutdownMs) - performance.now());
  opening.defer(() => lifecycle.close(timeLeft()));
  const supervisor = new Supervisor({ store, fleet, bus, status, serviceTypes, execution, log }, config.supervisor);
  opening.defer(() => supervisor.close());
  const platform: Platform = {
    store,
    bus,
    log,
    fleet,
    serviceTypes,
    status,
    links,
    lifecycle,
    supervisor,
    undertaker,
    access,
    answers: new Answers(store),
    refusals: new Refusals(store),
  };
  const expiry = new AnswerExpiry({ store, log });
  opening.defer(() => expiry.close());
  const door = doorTo(platform);

  await forgetLinks(store);
  await status.forgetAll();
  const schema = buildSchema();
  const planner = new Planner(schema, store.reader);
  planner.attach();
  guardRoots(schema, planner);
  // Around the rights: who is refused has tried it all the same.
  attributeMutations(schema);
  const trusted =
    config.trustedDocuments === undefined ? undefined : TrustedDocuments.load(config.trustedDocuments, schema);
  const limits: DocumentLimits = { maxCost: config.maxCost, trusted };
  const apollo = createServer(schema, planner, { limits, isIntrospected: config.introspection }, log);
  await apollo.start();
  opening.defer(() => apollo.stop());
  let isClosing = false;
  const ready = () => {
    if (isClosing) throw new GantryError('UNAVAILABLE', 'The gateway is closing.');
    store.check();
  };
  const hosts = createHosts(config.host, config.allowedHosts);
  const { requestsPerMinute, introspection: hasPage } = config;
  const streams = new EventStreams(schema, limits, errorFormatter(log));
  const http = createHttp(
    apollo,
    door,
    { ready, hosts, streams, tls: readTls(config), requestsPerMinute, hasPage },
    log,
  );
  mountDialects(http, dialectExecutor(schema, store, log), dialects(config), door);
  const url = await listen(http, config);
  // After listening: until then an error of the server is for whoever started it.
  const sockets = openSockets(http.server, GRAPHQL_PATH, schema, door, limits, errorFormatter(log), hosts);
  opening.defer(async () => {
    isClosing = true;
    closeBy = performance.now() + config.shutdownMs;
    // Who waits for the end of an operation hears in time how far it has come.
    const letGo = setTimeout(() => lifecycle.letGo(), config.shutdownMs * LAST_WORD);
    await atMost(config.shutdownMs, Promise.all([http.close(), sockets.close(config.shutdownMs * LAST_CALL)]));
    clearTimeout(letGo);
  });
  supervisor.open();
  undertaker.expire();
  logCare.open();
  expiry.look();
  await watchAllNodes(platform);
  await execution.takeUp();

  const open = opening.move();
  return { url, platform, firstToken: access.firstToken, close: () => open.disposeAsync() };
}

/** The dialects speak a schema of their own: the graph's, and what only they may show. */
function dialectExecutor(schema: GraphQLSchema, store: Store, log: Logger): Executor {
  const internal = internalSchema(schema);
  const planner = new Planner(internal, store.reader, { whole: true });
  planner.attach();
  return new Executor(internal, planner, errorFormatter(log));
}

const dialects = (config: Config) => [
  platformDialect(config.nodePasswords === 'masked' ? PASSWORD_MASK : undefined),
  topologyDialect,
];
