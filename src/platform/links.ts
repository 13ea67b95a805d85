// Links: which nodes the fleet watches, with which credentials and which pinned keys.
import type { Connection, HostKey, NodeTarget } from '../fleet/types.ts';
import { Node } from '../store/entities/node.ts';
import { NodeLink } from '../store/entities/node-link.ts';
import { Process } from '../store/entities/process.ts';
import { keyOf, publicId } from '../store/ids.ts';
import type { Keyring } from '../store/keyring.ts';
import type { EntityManager, Store } from '../store/store.ts';
import type { Platform } from './platform.ts';
import { find } from './records.ts';

/** The sealed fields of a node, by the names that they have in inputs. */
export const SECRETS = ['password', 'privateKey', 'passphrase'] as const;
export type SecretName = (typeof SECRETS)[number];

/** Remembers the keys that a node showed at first contact. */
export async function pinHostKeys(
  { store }: Pick<Platform, 'store'>,
  id: string,
  keys: readonly HostKey[],
): Promise<void> {
  await store.write(async (em) => {
    const node = await find(em, Node, id);
    node.hostKeys = JSON.stringify(keys.map(({ type, fingerprint }) => `${type} ${fingerprint}`));
  });
}

/** Writes down how the link to a node stands. */
export async function recordLink(store: Store, { nodeId, state, since, reason, message }: Connection): Promise<void> {
  await store.write(async (em) => {
    const node = keyOf('Node', nodeId);
    // The node may have been deleted meanwhile.
    if ((await em.count(Node, { id: node })) === 0) return;
    const link = (await em.findOne(NodeLink, { node })) ?? em.create(NodeLink, { node } as never);
    em.assign(link, { state, since: since.toISOString(), reason: reason ?? null, message: message ?? null });
  });
}

/** The gateway keeps no link to this node any longer; without a node, to none. */
export async function forgetLinks(store: Store, nodeId?: string): Promise<void> {
  await store.write((em) => em.nativeDelete(NodeLink, nodeId === undefined ? {} : { node: keyOf('Node', nodeId) }));
}

/** Keeps a link to a node while it has processes, with the credentials it has now. */
export async function watchNode({ store, fleet }: Platform, id: string): Promise<void> {
  const target = await store.write(async (em) => {
    const node = await find(em, Node, id);
    return (await em.count(Process, { node: node.id })) > 0 ? targetOf(store.keyring, node) : undefined;
  });
  if (target) fleet.watch(target);
  else await endLink({ store, fleet }, id);
}

/** Ends the link to a node, if there is one. */
export async function endLink({ store, fleet }: Pick<Platform, 'store' | 'fleet'>, id: string): Promise<void> {
  await fleet.unwatch(id);
  await forgetLinks(store, id);
}

/** Links to all nodes that have processes: what runs there is adopted. */
export async function watchAllNodes(platform: Platform): Promise<void> {
  const { store, fleet, log } = platform;
  const nodes = await store.write((em) => findWatched(em));
  for (const node of nodes) {
    try {
      fleet.watch(targetOf(store.keyring, node));
    } catch (error) {
      log.error({ node: publicId('Node', node.id), err: error }, 'this node cannot be watched');
    }
  }
}

async function findWatched(em: EntityManager): Promise<Node[]> {
  const processes = await em.find(Process, {}, { fields: ['node'] });
  return em.find(Node, { id: { $in: [...new Set(processes.map((process) => process.node.id))] } });
}

/** How to reach a node and log in to it. */
export function targetOf(keyring: Keyring, node: Node): NodeTarget {
  return {
    id: publicId('Node', node.id),
    host: node.ipAddress,
    port: node.port,
    username: node.username,
    hostKeys: (JSON.parse(node.hostKeys) as string[]).map((key) => {
      const [type = '', fingerprint = ''] = key.split(' ');
      return { type, fingerprint };
    }),
    ...Object.fromEntries(
      SECRETS.flatMap((name) => {
        const sealed = node[`${name}Sealed`];
        return sealed == null ? [] : [[name, keyring.open(placeOf(node, name), sealed)]];
      }),
    ),
  };
}

/** The place that a node's secret is sealed to. */
export const placeOf = (node: Node, name: SecretName): string => `node:${node.id}:${name}`;
