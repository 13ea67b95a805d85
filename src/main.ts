// The process: settings, open, signals, close.
import { readConfig } from './config.ts';
import { announce, fail } from './console.ts';
import { openGateway } from './gateway.ts';

try {
  const gateway = await openGateway(readConfig(process.env));
  announce(gateway.url);
  const close = () => {
    gateway.close().then(() => process.exit(0), fail);
  };
  process.once('SIGINT', close);
  process.once('SIGTERM', close);
} catch (error) {
  fail(error);
}
