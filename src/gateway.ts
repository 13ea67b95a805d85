// The composition root: the one place where everything is assembled; closed in reverse.

import { existsSync, mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { type Logger, pino } from 'pino';
import { createBus } from './bus/bus.ts';
import type { Config } from './config.ts';
import { GantryError } from './errors.ts';
import { Fleet } from './fleet/fleet.ts';
import type { Context } from './graph/context.ts';
import { errorFormatter } from './graph/errors.ts';
import { Executor } from './graph/executor.ts';
import { createHosts } from './graph/hosts.ts';
import { createHttp, GRAPHQL_PATH } from './graph/http.ts';
import { internalSchema } from './graph/internal.ts';
import { Planner } from './graph/planner.ts';
import { buildSchema } from './graph/schema.ts';
import { createServer } from './graph/server.ts';
import { openSockets } from './graph/sockets.ts';
import { Lifecycle } from './platform/lifecycle.ts';
import { forgetLinks, watchAllNodes } from './platform/links.ts';
import type { News } from './platform/news.ts';
import { Observer } from './platform/observer.ts';
import type { Platform } from './platform/platform.ts';
import { ServiceTypes } from './platform/service-types.ts';
import { StatusBook } from './platform/status.ts';
import { StepRunner } from './platform/steps.ts';
import { mountDialects } from './rest/mount.ts';
import { platformDialect } from './rest/platform/dialect.ts';
import { topologyDialect } from './rest/topology/dialect.ts';
import { Keyring } from './store/keyring.ts';
import { PASSWORD_MASK } from './store/shown-secrets.ts';
import { Store } from './store/store.ts';

export interface Gateway {
  /** As in `http://127.0.0.1:4000`. */
  readonly url: string;
  readonly platform: Platform;
  /** No new requests, running ones finish, sockets are told, processes on nodes live on. */
  close(): Promise<void>;
}

/** Who asks where nobody has to say who they are. */
const ANYONE = { name: 'anonymous' };

export async function openGateway(config: Config, log: Logger = pino({ level: config.logLevel })): Promise<Gateway> {
  const serviceTypes = ServiceTypes.load(config.serviceTypes);
  mkdirSync(dirname(config.keyFile), { recursive: true, mode: 0o700 });
  const store = await Store.open(
    config.database,
    Keyring.open(config.keyFile, !existsSync(config.database)),
    config.nodePasswords,
  );
  const bus = createBus<News>();
  const status = new StatusBook(store, bus, log);
  const fleet = new Fleet({ listener: new Observer(store, status, log), log });
  const lifecycle = new Lifecycle(store, new StepRunner(store, fleet, bus, status, serviceTypes), log);
  const platform: Platform = { store, bus, log, fleet, serviceTypes, status, lifecycle };
  const context: Context = { platform, actor: ANYONE };

  await forgetLinks(store);
  await status.forgetAll();
  const schema = buildSchema();
  const planner = new Planner(schema, store.reader);
  planner.attach();
  const apollo = createServer(schema, planner, log);
  await apollo.start();
  let isClosing = false;
  const ready = () => {
    if (isClosing) throw new GantryError('UNAVAILABLE', 'The gateway is closing.');
    store.check();
  };
  const hosts = createHosts(config.host, config.allowedHosts);
  const http = createHttp(apollo, context, { ready }, hosts, log);
  const internal = internalSchema(schema);
  const internalPlanner = new Planner(internal, store.reader, { whole: true });
  internalPlanner.attach();
  const passwordMask = config.nodePasswords === 'masked' ? PASSWORD_MASK : undefined;
  const executor = new Executor(internal, internalPlanner, errorFormatter(log));
  mountDialects(http, executor, [platformDialect(passwordMask), topologyDialect], async () => context);
  await http.ready();
  const sockets = openSockets(http.server, GRAPHQL_PATH, schema, context, errorFormatter(log), hosts);
  await http.listen({ host: config.host, port: config.port });
  await watchAllNodes(platform);
  await lifecycle.resume();

  return {
    url: addressOf(http.server.address() as AddressInfo),
    platform,
    close: async () => {
      isClosing = true;
      await Promise.race([Promise.all([http.close(), sockets.close()]), sleep(config.shutdownMs)]);
      await lifecycle.close(config.shutdownMs);
      await apollo.stop();
      await fleet.close();
      await status.close();
      await store.close();
    },
  };
}

const addressOf = ({ address, family, port }: AddressInfo) =>
  `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
