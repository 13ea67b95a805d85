// Networks: an address is in a list by what it is, however it is spelt; IPv4 in the clothes of IPv6 stays IPv4.
import { BlockList } from 'node:net';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';
import { Networks } from '../src/networks.ts';
import { fc } from './kit/property.ts';

const v4 = fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 255 })));
const hex = (a: number, b: number) => ((a << 8) | b).toString(16);

describe('a list of networks', () => {
  it('holds the IPv4 addresses that Node itself finds in it, plain and mapped', () => {
    fc.assert(
      fc.property(v4, v4, fc.integer({ min: 0, max: 32 }), fc.boolean(), (network, other, prefix, near) => {
        const mask = prefix === 0 ? 0 : (~0 << (32 - prefix)) >>> 0;
        const number = (network.reduce((all, byte) => all * 256 + byte, 0) & mask) >>> 0;
        const base = [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
        // Addresses at random are hardly ever in the network: one that begins like it may be.
        const [a = 0, b = 0, c = 0, d = 0] = near ? [...network.slice(0, 3), other[3] ?? 0] : other;
        const list = new BlockList();
        list.addSubnet(base, prefix, 'ipv4');
        const expected = list.check(`${a}.${b}.${c}.${d}`, 'ipv4');
        const networks = Networks.of([`${base}/${prefix}`]);
        for (const spelling of [
          `${a}.${b}.${c}.${d}`,
          `::ffff:${a}.${b}.${c}.${d}`,
          `::FFFF:${hex(a, b)}:${hex(c, d)}`,
          `0:0:0:0:0:ffff:${hex(a, b)}:${hex(c, d)}`,
        ])
          expect(networks.allows(spelling)).toBe(expected);
      }),
    );
  });

  it('of all IPv6 holds no IPv4, neither mapped nor carried', () => {
    const all = Networks.of(['::/0']);
    expect(all.allows('2a00:1450::1')).toBe(true);
    expect(all.allows('::1')).toBe(true);
    expect(all.allows('fe80::1%eth0')).toBe(true);
    for (const address of [
      '10.1.2.3',
      '::ffff:10.1.2.3',
      '::ffff:a01:203',
      '64:ff9b::10.1.2.3',
      '64:ff9b:1::a01:203',
      '2002:a01:203::1',
      '::10.1.2.3',
      // Teredo carries it inverted.
      '2001:0:4136:e378:8000:63bf:f5fe:fdfc',
    ])
      expect(all.allows(address), address).toBe(false);
  });

  it('holds an address that carries another if it holds both', () => {
    const both = Networks.of(['64:ff9b::/96', '10.0.0.0/8']);
    expect(both.allows('64:ff9b::10.1.2.3')).toBe(true);
    expect(both.allows('64:ff9b::127.0.0.1')).toBe(false);
    expect(Networks.of(['10.0.0.0/8']).allows('64:ff9b::10.1.2.3')).toBe(false);
  });

  it('holds single addresses, and nothing that is no address', () => {
    const one = Networks.of(['192.0.2.7', '2001:db8::7']);
    expect(['192.0.2.7', '2001:db8:0::7', '2001:0db8::0007'].map((each) => one.allows(each))).toEqual([
      true,
      true,
      true,
    ]);
    for (const address of ['192.0.2.8', '2001:db8::8', '', 'localhost', '192.0.2.7 ', '3221225991', '0xc0.0.2.7'])
      expect(one.allows(address), address).toBe(false);
  });
});

describe('the setting of the networks of nodes', () => {
  it.each([
    '10.0.0.0/33',
    '10.0.0',
    'localhost',
    '10.0.0.0/8,',
    '::/129',
    '::ffff:10.0.0.0/104',
    '10.1.2.3/8',
    '/8',
    '10.0.0.0/-1',
  ])('is refused if it is %s', (text) => {
    expect(() => readConfig({ GANTRY_NODE_NETWORKS: text })).toThrow(/GANTRY_NODE_NETWORKS must be networks/);
  });

  it('is a list of networks, comma separated; without it nodes may be anywhere', () => {
    expect(readConfig({}).nodeNetworks).toBeUndefined();
    const { nodeNetworks } = readConfig({ GANTRY_NODE_NETWORKS: '10.0.0.0/8, fd00::/8,192.0.2.7' });
    expect(['10.9.9.9', 'fd12::1', '192.0.2.7', '11.0.0.1'].map((each) => nodeNetworks?.allows(each))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });
});
