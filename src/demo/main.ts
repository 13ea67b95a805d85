// npm run demo: a gateway on a throw-away store, nodes inside its own process, a small platform, and three things to paste.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { readConfig } from '../config.ts';
import { announce, fail, onEnd } from '../console.ts';
import { openGateway } from '../gateway.ts';
import { startDemoNode } from './node.ts';
import { createDemoPlatform, stopDemoPlatform } from './platform.ts';
import { THINGS_TO_PASTE } from './tour.ts';

const INSTANCES = ['IN1', 'IN2'];

async function demo(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-demo-'));
  const password = randomBytes(12).toString('base64url');
  const nodes = await Promise.all(
    INSTANCES.map((id) => startDemoNode({ home: join(folder, `node-of-${id}`), username: 'demo', password })),
  );
  const { DATABASE_URL: _, GANTRY_KEY_FILE: __, ...environment } = process.env;
  const config = readConfig({ GANTRY_LOG_LEVEL: 'warn', ...environment, GANTRY_DATA: join(folder, 'data') });
  const gateway = await openGateway(config, pino({ level: config.logLevel }));
  const close = async () => {
    console.log('\nStopping what the demonstration started ...');
    await stopDemoPlatform(gateway.platform);
    await gateway.close();
    await Promise.all(nodes.map((node) => node.close()));
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
  onEnd(close);
  await createDemoPlatform(gateway.platform, nodes, password);
  announce(gateway.url);
  console.log(THINGS_TO_PASTE);
}

demo().catch(fail);
