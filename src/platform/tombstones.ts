// Tombstones: what was deleted by force while its node was away is remembered, with the way to the node, until it has been stopped there.
import { FormerNode } from '../store/entities/former-node.ts';
import { Node } from '../store/entities/node.ts';
import type { Process } from '../store/entities/process.ts';
import { Tombstone } from '../store/entities/tombstone.ts';
import { keyOf, publicId } from '../store/ids.ts';
import type { EntityManager } from '../store/store.ts';
import type { Actor } from './actor.ts';
import { settle as keepAnswer } from './answers.ts';
import { type Linked, watchNode } from './links.ts';
import type { Platform } from './platform.ts';
import { find, removeAll } from './records.ts';

const DAY_MS = 86_400_000;
// A machine that stays away so long is not expected back, and its credential should not be kept for ever.
const KEPT_MS = 30 * DAY_MS;

/** In the transaction that deletes them. The processes are read with their service and node. */
export async function bury(em: EntityManager, actor: Actor, processes: readonly Process[]): Promise<void> {
  const expiresAt = new Date(Date.now() + KEPT_MS).toISOString();
  for (const { id, instance, service, node } of processes) {
    em.create(Tombstone, {
      id,
      instanceId: publicId('Instance', instance.id),
      serviceId: publicId('Service', service.id),
      serviceName: service.unwrap().name,
      nodeId: publicId('Node', node.id),
      nodeName: node.unwrap().name,
      actor: actor.name,
      expiresAt,
    } as never);
  }
  await em.flush();
}

/** Runs `remove`, and keeps the way to those nodes with tombstones that it deletes. */
export async function keepingTheWay(em: EntityManager, remove: () => Promise<void>): Promise<void> {
  const ids = (await em.find(Tombstone, {})).map(({ nodeId }) => keyOf('Node', nodeId));
  const before = await em.find(Node, { id: { $in: [...new Set(ids)] } });
  // Copied: what was removed loses its id.
  const ways = before.map(({ id, ipAddress, port, username, driver, hostKeys, revokedHostKeys, ...sealed }) => {
    const { passwordSealed, privateKeySealed, passphraseSealed } = sealed;
    const place = { id, ipAddress, port, username, driver, hostKeys, revokedHostKeys };
    return { ...place, passwordSealed, privateKeySealed, passphraseSealed };
  });
  await remove();
  // Written now, for what follows to be seen.
  await em.flush();
  for (const way of ways) if ((await em.count(Node, { id: way.id })) === 0) em.create(FormerNode, way as never);
}

/** Those of a node, and of nodes that were deleted and stood at the same place: their credentials may be of yesterday. */
export async function tombstonesAt(em: EntityManager, nodeId: string): Promise<Tombstone[]> {
  const number = keyOf('Node', nodeId);
  const node = (await em.findOne(Node, number)) ?? (await em.findOne(FormerNode, number));
  if (!node) return [];
  const { ipAddress, port, username } = node;
  const former = await em.find(FormerNode, { ipAddress, port, username });
  const ids = new Set([nodeId, ...former.map(({ id }) => publicId('Node', id))]);
  return em.find(Tombstone, { nodeId: { $in: [...ids] } }, { orderBy: { createdAt: 'asc', id: 'asc' } });
}

/** Forgets the way to a deleted node that nothing is left on, and the link that nobody needs any longer. */
export async function settle(platform: Linked, nodeId: string): Promise<void> {
  await platform.store.write((em) => forgetTheWay(em, nodeId));
  await watchNode(platform, nodeId);
}

async function forgetTheWay(em: EntityManager, nodeId: string): Promise<void> {
  if ((await em.count(Tombstone, { nodeId })) === 0) await removeAll(em, FormerNode, { id: keyOf('Node', nodeId) });
}

/** Those whose time is over: given up. Answers with them. */
export async function takeExpired({ store }: Pick<Platform, 'store'>): Promise<Tombstone[]> {
  return store.write(async (em) => {
    const over = await em.find(Tombstone, { expiresAt: { $lt: new Date().toISOString() } });
    for (const tombstone of over) em.remove(tombstone);
    return over;
  });
}

/** Gives one up: what still runs goes on running. */
export async function deleteTombstone(platform: Platform, id: string): Promise<string> {
  const nodeId = await platform.store.write(async (em) => {
    const tombstone = await find(em, Tombstone, id);
    em.remove(tombstone);
    await em.flush();
    await forgetTheWay(em, tombstone.nodeId);
    await keepAnswer(em, { id });
    return tombstone.nodeId;
  });
  await watchNode(platform, nodeId);
  return id;
}
