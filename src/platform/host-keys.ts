// Host keys: which ones a node may show, and who says so.
import { badInput } from '../errors.ts';
import { FleetError, type HostKey } from '../fleet/types.ts';
import { Node } from '../store/entities/node.ts';
import { settle } from './answers.ts';
import { formatKeys, watchNode } from './links.ts';
import type { Platform } from './platform.ts';
import { find } from './records.ts';

/** At first contact: the key that is met is the node from then on, or nobody logs in until somebody approves it. */
export const HOST_KEY_POLICIES = ['accept-new', 'strict'] as const;
export type HostKeyPolicy = (typeof HOST_KEY_POLICIES)[number];

/** Throws HOST_KEY_UNKNOWN, with the key to approve, where keys are approved before anyone logs in. */
export function expectNewAccepted(policy: HostKeyPolicy, nodeId: string, [key]: readonly HostKey[]): void {
  if (policy === 'accept-new' || !key) return;
  throw new FleetError(
    'HOST_KEY_UNKNOWN',
    `The node shows the host key ${key.fingerprint} (${key.type}), which nobody has approved: nothing was sent. ` +
      `If that is the machine's own, as its administrator says, approve it: trustHostKey(id: "${nodeId}", type: "${key.type}", fingerprint: "${key.fingerprint}").`,
  );
}

/** Makes this the one key that the node may show. The fingerprint comes from the node's administrator, not from the network. */
export async function trustHostKey(platform: Platform, id: string, key: HostKey): Promise<string> {
  if (!/^[a-z0-9][a-z0-9@.-]{0,63}$/.test(key.type))
    throw badInput('A type of host key looks like ssh-ed25519.', 'type');
  if (!/^SHA256:[A-Za-z0-9+/]{43}$/.test(key.fingerprint)) {
    throw badInput('A fingerprint looks like SHA256: and 43 characters, as `ssh-keygen -l` prints it.', 'fingerprint');
  }
  await platform.store.write(async (em) => {
    const node = await find(em, Node, id);
    node.hostKeys = formatKeys([key]);
    const revoked = JSON.parse(node.revokedHostKeys) as string[];
    node.revokedHostKeys = JSON.stringify(revoked.filter((fingerprint) => fingerprint !== key.fingerprint));
    await settle(em, { node: id });
  });
  await watchNode(platform, id);
  return id;
}
