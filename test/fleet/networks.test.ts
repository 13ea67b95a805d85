// Where nodes may be: judged in the moment of the call, on the address that is called, however it is spelt.
import { describe, expect, it } from 'vitest';
import { Networks } from '../../src/networks.ts';
import { at, cleanUp, fleet, node, strange } from '../kit/fleet.ts';

cleanUp();

const SPELLINGS = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '017700000001',
  '0.0.0.0',
  '0',
  '::1',
  '0:0:0:0:0:0:0:1',
  '::',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '64:ff9b::7f00:1',
  'localhost',
  'LocalHost',
  'localhost.',
  'fe80::1%lo',
];

describe('a fleet that may call some networks only', () => {
  it.each(SPELLINGS)('does not call this machine as %s', async (host) => {
    let calls = 0;
    const port = await strange(() => calls++);
    const t = fleet({ networks: Networks.of(['10.0.0.0/8', '2000::/3']) });
    const { reachable, reason } = await t.fleet.ping({ ...at(port), host });
    expect(reachable).toBe(false);
    // Whether such a name can be looked up at all is the machine's own matter.
    expect(['ADDRESS_REFUSED', ...(/^[a-z]/i.test(host) ? ['NAME_NOT_FOUND'] : [])]).toContain(reason);
    expect(calls).toBe(0);
  });

  it('calls what is in them, by address and by name', async () => {
    const [a, t] = [await node(), fleet({ networks: Networks.of(['127.0.0.0/8']) })];
    for (const host of ['127.0.0.1', 'localhost', '127.1', '::ffff:127.0.0.1'])
      expect(await t.fleet.ping(a.target({ host })), host).toMatchObject({ reachable: true });
  });

  it('says so, sends nothing, and tries again only after a change', async () => {
    const [a, t] = [await node(), fleet({ networks: Networks.of(['10.0.0.0/8']) })];
    const refused = await t.reach(a.target(), 'ADDRESS_REFUSED');
    expect(refused).toMatchObject({
      reason: 'ADDRESS_REFUSED',
      message: expect.stringContaining('GANTRY_NODE_NETWORKS'),
    });
    const start = t.fleet.start(
      a.target().id,
      'a',
      { command: ['true'], env: {}, restart: 'NEVER' },
      { timeoutMs: 30_000 },
    );
    await expect(start).rejects.toMatchObject({ reason: 'ADDRESS_REFUSED' });
    t.fleet.watch(a.target());
    expect(t.fleet.connection(a.target().id)).toBe(refused);
    expect(a.server.accepted).toBe(0);
  });
});
