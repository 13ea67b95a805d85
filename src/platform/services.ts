// Services: what the processes of one kind run. Their options have to fit their type.
import { z } from 'zod';
import { Instance } from '../store/entities/instance.ts';
import { Process } from '../store/entities/process.ts';
import { LOG_LEVELS, RESTART_POLICIES, Service } from '../store/entities/service.ts';
import { publicId } from '../store/ids.ts';
import type { Actor } from './actor.ts';
import { settle } from './answers.ts';
import { check, jsonObject, line, prose } from './check.ts';
import { deleteWithProcesses } from './deletion.ts';
import { healthCheckColumns, SERVICE_HEALTH } from './health-checks.ts';
import type { Platform } from './platform.ts';
import { expectVersion, find, given, removeAll } from './records.ts';
import { RESTART, restartColumns } from './restarts.ts';

const SERVICE = z.object({
  name: line(),
  description: prose().nullish(),
  type: line(64),
  logLevel: z.enum(LOG_LEVELS).nullish(),
  options: jsonObject().optional(),
  restartPolicy: z.enum(RESTART_POLICIES).optional(),
  restart: RESTART,
  healthCheck: SERVICE_HEALTH,
});
const CHANGES = SERVICE.partial();

export async function createService(
  { store, serviceTypes }: Platform,
  instanceId: string,
  input: unknown,
): Promise<string> {
  const { restart, healthCheck, ...data } = given(check(SERVICE, input));
  serviceTypes.checkOptions(data.type as string, JSON.parse(data.options ?? '{}'), 'input.options');
  return store.write(async (em) => {
    const instance = await find(em, Instance, instanceId, 'input.instance');
    const service = em.create(Service, {
      ...data,
      ...restartColumns(restart),
      ...healthCheckColumns(healthCheck),
      optionsGiven: data.options !== undefined,
      instance,
    } as never) as Service;
    // The store gives the number.
    await em.flush();
    const id = publicId('Service', service.id);
    await settle(em, { service: id });
    return id;
  });
}

/** Processes that run keep what they were started with; a restart gives them the new settings. */
export async function updateService(
  { store, serviceTypes }: Platform,
  id: string,
  input: unknown,
  ifVersion?: number | null,
): Promise<string> {
  const { restart, healthCheck, ...changes } = given(check(CHANGES, input));
  return store.write(async (em) => {
    const service = await find(em, Service, id);
    expectVersion(service, 'service', ifVersion);
    em.assign(service, { ...changes, ...restartColumns(restart), ...healthCheckColumns(healthCheck) } as never);
    if (changes.options !== undefined) service.optionsGiven = true;
    serviceTypes.checkOptions(service.type, JSON.parse(service.options), 'input.options');
    await settle(em, { service: id });
    return id;
  });
}

/** Takes its processes with it; what runs is stopped first. */
export async function deleteService(platform: Platform, actor: Actor, id: string, force: boolean): Promise<string> {
  const service = await platform.store.write((em) => find(em, Service, id));
  await deleteWithProcesses(platform, actor, {
    target: { type: 'SERVICE', id },
    processes: { service: service.id },
    force,
    remove: async (em) => {
      await removeAll(em, Process, { service: service.id });
      await removeAll(em, Service, { id: service.id });
    },
  });
  return id;
}
