// Networks: which addresses may be called. Judged on the address itself, whatever it was spelt or named like.
import { isIP, isIPv4 } from 'node:net';

interface Address {
  readonly family: 4 | 6;
  readonly bits: bigint;
}

interface Range extends Address {
  readonly prefix: number;
}

const SIZE = { 4: 32, 6: 128 } as const;
const LOW_32 = 0xffff_ffffn;

const fromV4 = (text: string): bigint => text.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);

function fromV6(text: string): bigint {
  // The last two groups may be written as IPv4.
  const [, head = '', v4] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? [];
  const groups =
    v4 === undefined ? text : `${head}${(fromV4(v4) >> 16n).toString(16)}:${(fromV4(v4) & 0xffffn).toString(16)}`;
  const [left = [], right = []] = groups.split('::').map((half) => half.split(':').filter(Boolean));
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

/** Of an address in its usual form. One that is mapped from IPv4 is IPv4: that is where its packets go. */
function parse(text: string): Address | undefined {
  const plain = text.replace(/%.*$/, '');
  if (isIP(plain) === 0) return undefined;
  if (isIPv4(plain)) return { family: 4, bits: fromV4(plain) };
  const bits = fromV6(plain);
  return bits >> 32n === 0xffffn ? { family: 4, bits: bits & LOW_32 } : { family: 6, bits };
}

// IPv6 addresses that carry an IPv4 one, to which somebody on the way hands the packets on: NAT64 (two forms), 6to4, Teredo, and the
// old form of all zeros in front.
const CARRIERS: readonly { readonly top: bigint; readonly bits: bigint; readonly carried: (bits: bigint) => bigint }[] =
  [
    { top: 96n, bits: fromV6('64:ff9b::'), carried: (bits) => bits & LOW_32 },
    { top: 48n, bits: fromV6('64:ff9b:1::'), carried: (bits) => bits & LOW_32 },
    { top: 16n, bits: fromV6('2002::'), carried: (bits) => (bits >> 80n) & LOW_32 },
    { top: 32n, bits: fromV6('2001::'), carried: (bits) => ~bits & LOW_32 },
    { top: 96n, bits: 0n, carried: (bits) => bits & LOW_32 },
  ];

function carriedBy({ family, bits }: Address): Address | undefined {
  // `::` and `::1` are this machine, and carry nothing.
  if (family === 4 || bits <= 1n) return undefined;
  const carrier = CARRIERS.find(({ top, bits: prefix }) => bits >> (128n - top) === prefix >> (128n - top));
  return carrier && { family: 4, bits: carrier.carried(bits) };
}

const covers = (range: Range, address: Address): boolean => {
  const rest = BigInt(SIZE[range.family] - range.prefix);
  return range.family === address.family && range.bits >> rest === address.bits >> rest;
};

/** A list of networks that may be called. */
export class Networks {
  private constructor(private readonly ranges: readonly Range[]) {}

  /** From `10.0.0.0/8` and single addresses. Throws an Error that says which word is none, to go after the name of a setting. */
  static of(words: readonly string[]): Networks {
    return new Networks(words.map(parseRange));
  }

  /** Of an IP address. One that carries an IPv4 address (NAT64, 6to4) needs both to be in the list. What is no address is not in it. */
  allows(text: string): boolean {
    const address = parse(text);
    if (!address) return false;
    const carried = carriedBy(address);
    const isListed = (one: Address) => this.ranges.some((range) => covers(range, one));
    return isListed(address) && (carried === undefined || isListed(carried));
  }
}

function parseRange(word: string): Range {
  const [, text = '', digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(word) ?? [];
  const address = parse(text);
  const prefix = digits === undefined || !address ? undefined : Number(digits);
  const size = address ? SIZE[address.family] : 0;
  if (!address || (prefix ?? 0) > size || (address.family === 4 && text.includes(':'))) {
    throw new Error(`must be networks, comma separated, as in 10.0.0.0/8, fd00::/8; ${JSON.stringify(word)} is none`);
  }
  const range = { ...address, prefix: prefix ?? size };
  const rest = BigInt(size - range.prefix);
  if ((range.bits >> rest) << rest !== range.bits) {
    throw new Error(`must be networks; ${JSON.stringify(word)} is an address in one: bits are set beyond its prefix`);
  }
  return range;
}
