// A gateway in a process of its own, to be killed while it brings an artifact to the node that its environment names.
import { pino } from 'pino';
import { Contents } from '../../src/fleet/artifacts/content.ts';
import { Fleet } from '../../src/fleet/fleet.ts';
import { Secret } from '../../src/secret.ts';

const { PORT, USERNAME, PASSWORD, ARTIFACT = '' } = process.env;
const heard = async () => {};
const listener = {
  pin: heard,
  proven: heard,
  connection: heard,
  tried: heard,
  measured: heard,
  snapshot: heard,
  observed: heard,
};
const fleet = new Fleet({ listener, log: pino({ level: 'silent' }) });
fleet.watch({
  id: 'ND1',
  host: '127.0.0.1',
  port: Number(PORT),
  username: USERNAME ?? '',
  password: new Secret(PASSWORD ?? ''),
  hostKeys: [],
});
const content = await new Contents().read(ARTIFACT);
const { hash, name } = content;
await fleet.bring('ND1', { hash, name, content: async () => content, keep: [], spare: 2, progress: () => {} });
await fleet.close();
