// The process: settings, open, signals, close.
import { readConfig } from './config.ts';
import { announce, fail, onEnd } from './console.ts';
import { openGateway } from './gateway.ts';

try {
  const gateway = await openGateway(readConfig(process.env));
  announce(gateway.url);
  onEnd(() => gateway.close());
} catch (error) {
  fail(error);
}
