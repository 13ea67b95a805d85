// npm run demo: a gateway on a throw-away store, nodes inside its own process, a small platform, and three things to paste.
import '../node-version.ts';

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { readConfig } from '../config.ts';
import { announce, fail, untilEnd } from '../console.ts';
import { openGateway } from '../gateway.ts';
import { startDemoNode } from './node.ts';
import { createDemoPlatform, stopDemoPlatform } from './platform.ts';
import { THINGS_TO_PASTE } from './tour.ts';

const INSTANCES = ['IN1', 'IN2'];

/** What is open by then is taken away again, in reverse, when a later part fails, and when the demonstration ends. */
async function demo(): Promise<void> {
  await using opening = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'gantry-demo-'));
  opening.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  const password = randomBytes(12).toString('base64url');
  const nodes = await Promise.all(
    INSTANCES.map((id) => startDemoNode({ home: join(folder, `node-of-${id}`), username: 'demo', password })),
  );
  opening.defer(async () => void (await Promise.all(nodes.map((node) => node.close()))));
  const { DATABASE_URL: _, GANTRY_KEY_FILE: __, ...environment } = process.env;
  const config = readConfig({ GANTRY_LOG_LEVEL: 'warn', ...environment, GANTRY_DATA: join(folder, 'data') });
  const gateway = await openGateway(config, pino({ level: config.logLevel }));
  opening.defer(() => gateway.close());
  const ended = untilEnd();
  opening.defer(() => stopDemoPlatform(gateway.platform));
  await createDemoPlatform(gateway.platform, nodes, password);
  announce(gateway.url, gateway.firstToken);
  console.log(THINGS_TO_PASTE);
  await ended;
  console.log('\nStopping what the demonstration started ...');
}

demo().then(() => process.exit(0), fail);
