// Nodes: machines of an instance, how to reach them, and what is known of their keys.
import { z } from 'zod';
import { badInput, GantryError } from '../errors.ts';
import type { PingResult } from '../fleet/types.ts';
import { Secret } from '../secret.ts';
import { now } from '../store/entities/columns.ts';
import { Instance } from '../store/entities/instance.ts';
import { DRIVER_CHOICES, Node } from '../store/entities/node.ts';
import { NodeLink } from '../store/entities/node-link.ts';
import { Process } from '../store/entities/process.ts';
import { publicId } from '../store/ids.ts';
import type { Keyring } from '../store/keyring.ts';
import type { EntityManager } from '../store/store.ts';
import type { Actor } from './actor.ts';
import { settle } from './answers.ts';
import { address, check, line, prose, secret } from './check.ts';
import { deleteWithProcesses } from './deletion.ts';
import { endLink, placeOf, SECRETS, type SecretName, targetOf, watchNode } from './links.ts';
import type { Platform } from './platform.ts';
import { expectVersion, find, given, removeAll } from './records.ts';

const NODE = z.object({
  name: line(),
  description: prose().nullish(),
  status: z.boolean().optional(),
  ipAddress: address(),
  port: z.number().int().min(1, 'must be from 1 to 65535').max(65535, 'must be from 1 to 65535').optional(),
  username: line(64),
  driver: z.enum(DRIVER_CHOICES).optional(),
  password: secret(1024).nullish(),
  privateKey: secret(32 * 1024).nullish(),
  passphrase: secret(1024).nullish(),
});
const CHANGES = NODE.partial();

export async function createNode({ store }: Platform, instanceId: string, input: unknown): Promise<string> {
  const { password, privateKey, passphrase, ...data } = check(NODE, input);
  return store.write(async (em) => {
    const instance = await find(em, Instance, instanceId, 'input.instance');
    const node = em.create(Node, {
      ...given(data),
      statusGiven: data.status !== undefined,
      instance,
      credentialKind: 'PASSWORD',
    } as never) as Node;
    // A secret is sealed to its row: the row's number has to be there first.
    await em.flush();
    setCredentials(store.keyring, node, { password, privateKey, passphrase });
    const id = publicId('Node', node.id);
    await settle(em, { node: id });
    return id;
  });
}

export async function updateNode(
  platform: Platform,
  id: string,
  input: unknown,
  ifVersion?: number | null,
): Promise<string> {
  const { password, privateKey, passphrase, ...changes } = check(CHANGES, input);
  const moved = await platform.store.write(async (em) => {
    const node = await find(em, Node, id);
    expectVersion(node, 'node', ifVersion);
    const before = `${node.ipAddress} ${node.port}`;
    em.assign(node, given(changes) as never);
    if (changes.status !== undefined) node.statusGiven = true;
    setCredentials(platform.store.keyring, node, { password, privateKey, passphrase });
    // Another address is another machine: its key is met for the first time.
    const isMoved = before !== `${node.ipAddress} ${node.port}`;
    if (isMoved) node.hostKeys = '[]';
    await settle(em, { node: id });
    return isMoved;
  });
  if (moved) await endLink(platform, id);
  await watchNode(platform, id);
  return id;
}

/** Refused for a node with processes, unless forced: then they are stopped and go with it. */
export async function deleteNode(platform: Platform, actor: Actor, id: string, force: boolean): Promise<string> {
  const node = await platform.store.write(async (em) => {
    const found = await find(em, Node, id);
    if (!force) await expectNoProcesses(em, found);
    return found;
  });
  await deleteWithProcesses(platform, actor, {
    target: { type: 'NODE', id },
    processes: { node: node.id },
    force,
    remove: async (em) => {
      // Once more: one may have been created since.
      if (!force) await expectNoProcesses(em, node);
      await removeAll(em, NodeLink, { node: node.id });
      await removeAll(em, Process, { node: node.id });
      await removeAll(em, Node, { id: node.id });
    },
  });
  await watchNode(platform, id);
  return id;
}

async function expectNoProcesses(em: EntityManager, node: Node): Promise<void> {
  const count = await em.count(Process, { node: node.id });
  if (count === 0) return;
  throw new GantryError(
    'CONFLICT',
    `Node ${publicId('Node', node.id)} has ${count === 1 ? 'a process' : `${count} processes`}: delete them first, or use force to stop and delete them with the node.`,
    'force',
  );
}

/** Connects with the node's credentials, anew, and says what it found. */
export async function pingNode({ store, fleet }: Platform, id: string): Promise<PingResult> {
  const node = await store.write((em) => find(em, Node, id));
  return fleet.ping(targetOf(store.keyring, node));
}

/** Absent leaves a secret as it is, null removes it; one of password and private key has to remain. */
function setCredentials(
  keyring: Keyring,
  node: Node,
  secrets: { [name in SecretName]?: string | null | undefined },
): void {
  for (const name of SECRETS) {
    const text = secrets[name];
    if (text === undefined) continue;
    node[`${name}Sealed`] = text === null ? null : keyring.seal(placeOf(node, name), new Secret(text));
    node.credentialSetAt = now();
  }
  if (!node.passwordSealed && !node.privateKeySealed) {
    throw badInput('A node needs a password or a private key to log in with.', 'input.password');
  }
  node.credentialKind = node.privateKeySealed ? 'PRIVATE_KEY' : 'PASSWORD';
}
