// The process: settings, open, wait for a signal, close.
import './node-version.ts';

import { readConfig } from './config.ts';
import { announce, fail, untilEnd } from './console.ts';
import { openGateway } from './gateway.ts';

async function main(): Promise<void> {
  const gateway = await openGateway(readConfig(process.env));
  announce(gateway.url, gateway.firstToken);
  await untilEnd();
  await gateway.close();
}

main().then(() => process.exit(0), fail);
