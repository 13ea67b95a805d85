// Links: which nodes the fleet watches, with which credentials and which pinned keys.
import { GantryError } from '../errors.ts';
import type { HostKey, NodeTarget, Place } from '../fleet/types.ts';
import { FormerNode } from '../store/entities/former-node.ts';
import { Node } from '../store/entities/node.ts';
import { NodeLink } from '../store/entities/node-link.ts';
import { Process } from '../store/entities/process.ts';
import { Tombstone } from '../store/entities/tombstone.ts';
import { keyOf, publicId } from '../store/ids.ts';
import type { Keyring } from '../store/keyring.ts';
import { learn } from '../store/log/changes.ts';
import { nodesInUse } from '../store/nodes-in-use.ts';
import type { EntityManager, Store } from '../store/store.ts';
import type { Platform } from './platform.ts';
import { find, removeAll } from './records.ts';

/** The sealed fields of a node, by the names that they have in inputs. */
export const SECRETS = ['password', 'privateKey', 'passphrase'] as const;
export type SecretName = (typeof SECRETS)[number];

/** Remembers the keys that a node showed at first contact. `at` is where: a node that moved meanwhile is another machine. */
export async function pinHostKeys(store: Store, id: string, keys: readonly HostKey[], at: Place): Promise<void> {
  await store.write(async (em) => {
    const node = await find(em, Node, id);
    if (!isAt(node, at)) throw new GantryError('CONFLICT', `Node ${id} was moved while it was being reached.`);
    await keepHostKeys(em, node, keys);
  });
}

/** Takes the keys that a node has proven to have for all that it may show, if one that is pinned is among them. */
export async function widenHostKeys(store: Store, id: string, keys: readonly HostKey[], at: Place): Promise<void> {
  await store.write(async (em) => {
    const node = await em.findOne(Node, keyOf('Node', id));
    if (!node || !isAt(node, at)) return;
    // Somebody may have said meanwhile that it is another machine.
    const isKnown = parseKeys(node.hostKeys).some((pin) =>
      keys.some(({ fingerprint }) => fingerprint === pin.fingerprint),
    );
    const revoked = JSON.parse(node.revokedHostKeys) as string[];
    if (isKnown)
      await keepHostKeys(
        em,
        node,
        keys.filter(({ fingerprint }) => !revoked.includes(fingerprint)),
      );
  });
}

const isAt = (node: Node, { host, port }: Place) => node.ipAddress === host && node.port === port;

// Learnt, not written: it is no new version of the node.
const keepHostKeys = (em: EntityManager, node: Node, keys: readonly HostKey[]) =>
  learn(em, node, { hostKeys: formatKeys(keys) });

/** Host keys as they are stored: a JSON list of type and fingerprint. */
export const formatKeys = (keys: readonly HostKey[]): string =>
  JSON.stringify(keys.map(({ type, fingerprint }) => `${type} ${fingerprint}`));

const parseKeys = (text: string): HostKey[] =>
  (JSON.parse(text) as string[]).map((key) => {
    const [type = '', fingerprint = ''] = key.split(' ');
    return { type, fingerprint };
  });

/** At the start of the gateway: it has no links yet, whatever the store remembers. */
export async function forgetLinks(store: Store): Promise<void> {
  await store.write((em) => removeAll(em, NodeLink, {}));
}

/** What a link is kept with. */
export type Linked = Pick<Platform, 'store' | 'fleet' | 'links'>;

/** Keeps a link to a node while it has processes, or some that were deleted may still run there, with the credentials it has now. */
export async function watchNode({ store, fleet, links }: Linked, id: string): Promise<void> {
  const target = await store.write((em) => findTarget(em, store.keyring, id));
  if (target) fleet.watch(target);
  else await endLink({ fleet, links }, id);
}

async function findTarget(em: EntityManager, keyring: Keyring, id: string): Promise<NodeTarget | undefined> {
  const node = await em.findOne(Node, keyOf('Node', id));
  if (!node) {
    const former = await em.findOne(FormerNode, keyOf('Node', id));
    return former ? targetOf(keyring, former) : undefined;
  }
  const needed = (await em.count(Process, { node: node.id })) + (await em.count(Tombstone, { nodeId: id }));
  return needed > 0 ? targetOf(keyring, node) : undefined;
}

/** Ends the link to a node, if there is one. */
export async function endLink({ fleet, links }: Pick<Platform, 'fleet' | 'links'>, id: string): Promise<void> {
  await fleet.unwatch(id);
  await links.forget(id);
}

/** Links to all nodes that have processes, or may: what runs there is adopted. */
export async function watchAllNodes(platform: Platform): Promise<void> {
  const { store, fleet, log } = platform;
  const nodes = await store.write(async (em) => {
    const buried = (await em.find(Tombstone, {})).map(({ nodeId }) => keyOf('Node', nodeId));
    const inUse = await em.find(Node, { id: { $in: [...new Set([...(await nodesInUse(em)), ...buried])] } });
    return [...inUse, ...(await em.find(FormerNode, {}))];
  });
  for (const node of nodes) {
    try {
      fleet.watch(targetOf(store.keyring, node));
    } catch (error) {
      log.error({ node: publicId('Node', node.id), err: error }, 'this node cannot be watched');
    }
  }
}

/** How to reach a node and log in to it. */
export function targetOf(keyring: Keyring, node: Node | FormerNode): NodeTarget {
  return {
    id: publicId('Node', node.id),
    host: node.ipAddress,
    port: node.port,
    username: node.username,
    hostKeys: parseKeys(node.hostKeys),
    revokedHostKeys: JSON.parse(node.revokedHostKeys) as string[],
    driver: node.driver,
    ...Object.fromEntries(
      SECRETS.flatMap((name) => {
        const sealed = node[`${name}Sealed`];
        return sealed == null ? [] : [[name, keyring.open(placeOf(node, name), sealed)]];
      }),
    ),
  };
}

/** The place that a node's secret is sealed to. */
export const placeOf = (node: Pick<Node, 'id'>, name: SecretName): string => `node:${node.id}:${name}`;
