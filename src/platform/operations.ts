// Requests of lifecycle work: which processes are meant, and what can be refused before anything begins.
import { GantryError } from '../errors.ts';
import { Instance } from '../store/entities/instance.ts';
import { Operation } from '../store/entities/operation.ts';
import { Process } from '../store/entities/process.ts';
import { Service } from '../store/entities/service.ts';
import type { FilterQuery } from '../store/store.ts';
import type { Actor } from './actor.ts';
import { settle } from './answers.ts';
import type { Target, Wish } from './lifecycle.ts';
import type { Platform } from './platform.ts';
import { find } from './records.ts';
import { runSpec, surroundings } from './run-spec.ts';

/** Answers with the operation's id after `waitMs` at the latest. */
export async function changeProcess(
  platform: Platform,
  actor: Actor,
  kind: Wish,
  id: string,
  waitMs: number,
): Promise<string> {
  await platform.store.write((em) => find(em, Process, id));
  return change(platform, actor, kind, { type: 'PROCESS', id }, { id }, waitMs, true);
}

export async function changeService(
  platform: Platform,
  actor: Actor,
  kind: Wish,
  id: string,
  waitMs: number,
): Promise<string> {
  const service = await platform.store.write((em) => find(em, Service, id));
  return change(platform, actor, kind, { type: 'SERVICE', id }, { service: service.id }, waitMs, true);
}

/** All services of an instance. One that cannot be started is a failed step, and does not keep the others from starting. */
export async function changeAllServices(
  platform: Platform,
  actor: Actor,
  kind: Wish,
  id: string,
  waitMs: number,
): Promise<string> {
  const instance = await platform.store.write((em) => find(em, Instance, id, 'instance'));
  return change(platform, actor, kind, { type: 'INSTANCE', id }, { instance: instance.id }, waitMs, false);
}

/** The record of an operation that has ended. One that is under way is refused. */
export async function deleteOperation({ store }: Platform, id: string): Promise<string> {
  return store.write(async (em) => {
    const operation = await find(em, Operation, id);
    if (!operation.finishedAt)
      throw new GantryError('CONFLICT', `Operation ${id} is under way: wait until it has ended.`, 'id');
    em.remove(operation);
    await settle(em, { id });
    return id;
  });
}

async function change(
  platform: Platform,
  actor: Actor,
  kind: Wish,
  target: Target,
  where: FilterQuery<Process>,
  waitMs: number,
  strict: boolean,
): Promise<string> {
  const processes = await platform.store.write((em) =>
    em.find(Process, where, { populate: ['instance', 'service', 'node'], orderBy: { createdAt: 'asc', id: 'asc' } }),
  );
  // What is known to be impossible is refused while nothing has happened yet.
  if (strict && kind !== 'STOP') for (const process of processes) expectStartable(platform, process);
  return platform.lifecycle.request(actor, kind, target, processes, waitMs);
}

function expectStartable({ serviceTypes }: Platform, process: Process): void {
  runSpec(serviceTypes, surroundings(process));
}
