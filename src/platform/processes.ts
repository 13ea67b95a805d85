// Processes: immutable triples of instance, service and node. To change one, delete it and create another.
import { randomUUID } from 'node:crypto';
import { badInput } from '../errors.ts';
import { Instance } from '../store/entities/instance.ts';
import { Node } from '../store/entities/node.ts';
import { Process } from '../store/entities/process.ts';
import { Service } from '../store/entities/service.ts';
import { publicId } from '../store/ids.ts';
import type { Actor } from './actor.ts';
import { settle } from './answers.ts';
import { deleteWithProcesses } from './deletion.ts';
import { watchNode } from './links.ts';
import type { Platform } from './platform.ts';
import { find, removeAll } from './records.ts';
import { expectOpen } from './run-spec.ts';

export interface NewProcess {
  readonly service: string;
  readonly node: string;
  /** May be left out: the service says it. */
  readonly instance?: string | null | undefined;
}

/** Service and node have to be of one instance, and the node open for deployment. */
export async function createProcess(platform: Platform, input: NewProcess): Promise<string> {
  const id = randomUUID();
  await platform.store.write(async (em) => {
    const service = await find(em, Service, input.service, 'input.service');
    const node = await find(em, Node, input.node, 'input.node');
    const instance = input.instance == null ? undefined : await find(em, Instance, input.instance, 'input.instance');
    if (service.instance.id !== node.instance.id) {
      throw badInput(
        `Service ${input.service} is of instance ${publicId('Instance', service.instance.id)} and node ${input.node} of instance ${publicId('Instance', node.instance.id)}: a process needs both of one instance.`,
        'input.node',
      );
    }
    if (instance && instance.id !== service.instance.id) {
      throw badInput(`Service ${input.service} is not of instance ${input.instance}.`, 'input.instance');
    }
    expectOpen(node);
    em.create(Process, { id, service, node, instance: service.instance } as never);
    await settle(em, { process: id });
  });
  await watchNode(platform, input.node);
  return id;
}

/** Stops it first if it runs. */
export async function deleteProcess(platform: Platform, actor: Actor, id: string, force: boolean): Promise<string> {
  const process = await platform.store.write((em) => find(em, Process, id));
  await deleteWithProcesses(platform, actor, {
    target: { type: 'PROCESS', id },
    processes: { id: process.id },
    force,
    remove: async (em) => {
      await removeAll(em, Process, { id: process.id });
    },
  });
  return id;
}
