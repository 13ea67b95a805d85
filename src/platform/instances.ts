// Instances: what may be said of them, and what goes with them.
import { z } from 'zod';
import { Instance } from '../store/entities/instance.ts';
import { Node } from '../store/entities/node.ts';
import { NodeLink } from '../store/entities/node-link.ts';
import { Process } from '../store/entities/process.ts';
import { Service } from '../store/entities/service.ts';
import { publicId } from '../store/ids.ts';
import type { Actor } from './actor.ts';
import { settle } from './answers.ts';
import { check, jsonObject, line, prose } from './check.ts';
import { deleteWithProcesses } from './deletion.ts';
import type { Platform } from './platform.ts';
import { expectVersion, find, given, removeAll } from './records.ts';

const MAX_LINKS = 1000;
const url = () => line(2000).nullish();
const code = () => line(100).nullish();
const links = () =>
  z
    .array(z.number().int().nonnegative())
    .max(MAX_LINKS)
    .transform((list) => JSON.stringify(list));

const INSTANCE = z.object({
  name: line(),
  description: prose().nullish(),
  zk: url(),
  redis: url(),
  auth: url(),
  api: url(),
  events: url(),
  stats: jsonObject().nullish(),
  instanceCode: code(),
  groupCode: code(),
  subGroupCode: code(),
  isActive: z.boolean().optional(),
  isDeploymentTarget: z.boolean().optional(),
  environments: links().optional(),
  workflows: links().optional(),
  plugins: z
    .array(jsonObject())
    .max(MAX_LINKS)
    .transform((list) => `[${list.join(',')}]`)
    .optional(),
});
const CHANGES = INSTANCE.partial();

export async function createInstance({ store }: Platform, input: unknown): Promise<string> {
  const data = given(check(INSTANCE, input));
  return store.write(async (em) => {
    const instance = em.create(Instance, data as never) as Instance;
    // The store gives the number.
    await em.flush();
    const id = publicId('Instance', instance.id);
    await settle(em, { instance: id });
    return id;
  });
}

export async function updateInstance(
  { store }: Platform,
  id: string,
  input: unknown,
  ifVersion?: number | null,
): Promise<string> {
  const changes = given(check(CHANGES, input));
  return store.write(async (em) => {
    const instance = await find(em, Instance, id);
    expectVersion(instance, 'instance', ifVersion);
    em.assign(instance, changes as never);
    await settle(em, { instance: id });
    return id;
  });
}

/** Takes its nodes, services and processes with it, and detaches its tenants. What runs is stopped first. */
export async function deleteInstance(platform: Platform, actor: Actor, id: string, force: boolean): Promise<string> {
  const instance = await platform.store.write((em) => find(em, Instance, id));
  await deleteWithProcesses(platform, actor, {
    target: { type: 'INSTANCE', id },
    processes: { instance: instance.id },
    force,
    remove: async (em) => {
      await removeAll(em, NodeLink, { node: { instance: instance.id } });
      await removeAll(em, Process, { instance: instance.id });
      await removeAll(em, Service, { instance: instance.id });
      await removeAll(em, Node, { instance: instance.id });
      await removeAll(em, Instance, { id: instance.id });
    },
  });
  return id;
}
