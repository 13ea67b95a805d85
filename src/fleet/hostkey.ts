// Host keys: what the server showed, in OpenSSH's words, and whether it is one of those that are pinned. Pure.
import { createHash } from 'node:crypto';
import type { ServerHostKeyAlgorithm } from 'ssh2';
import type { HostKey, NodeTarget } from './types.ts';

/** From a public key in SSH's wire form: its first field is the type. */
export function describeHostKey(blob: Buffer): HostKey {
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  const type = blob.subarray(4, 4 + Math.min(length, 64)).toString('latin1');
  const digest = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
  return { type, fingerprint: `SHA256:${digest}` };
}

/** The fingerprint alone decides: it covers the type. */
export const isPinned = (pins: readonly HostKey[], key: HostKey) =>
  pins.some((pin) => pin.fingerprint.replace(/=+$/, '') === key.fingerprint);

/** Whether the node must never show this key. */
export const isRevokedFor = ({ revokedHostKeys = [] }: Pick<NodeTarget, 'revokedHostKeys'>, key: HostKey): boolean =>
  revokedHostKeys.includes(key.fingerprint);

/** Whether the node may show this key. */
export const isTrusted = (target: Pick<NodeTarget, 'hostKeys' | 'revokedHostKeys'>, key: HostKey): boolean =>
  isPinned(target.hostKeys, key) && !isRevokedFor(target, key);

/** A server offers what it likes: this many of its keys are looked at. */
const MAX_KEYS = 16;

/** Those of the keys that have a known type, each once. */
export const knownKeys = (blobs: readonly Buffer[]): HostKey[] => {
  const keys = blobs
    .slice(0, MAX_KEYS)
    .map(describeHostKey)
    .filter(({ type }) => Object.hasOwn(ALGORITHMS, type));
  return [...new Map(keys.map((key) => [key.fingerprint, key])).values()];
};

const ALGORITHMS: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

/** Asks for the pinned types first: a server with several keys would else be free to show one that was never seen. */
export const preferredAlgorithms = (pins: readonly HostKey[]): ServerHostKeyAlgorithm[] => [
  ...new Set(pins.flatMap((pin) => (Object.hasOwn(ALGORITHMS, pin.type) ? (ALGORITHMS[pin.type] ?? []) : []))),
];
