// Requests of rolling restarts: what is meant, what can be refused before anything begins, and the plan that a dry run only tells.
import { randomUUID } from 'node:crypto';
import { GantryError } from '../errors.ts';
import { Instance } from '../store/entities/instance.ts';
import { Operation } from '../store/entities/operation.ts';
import { OperationStep } from '../store/entities/operation-step.ts';
import { Process } from '../store/entities/process.ts';
import { Service } from '../store/entities/service.ts';
import type { EntityManager, FilterQuery } from '../store/store.ts';
import type { Actor } from './actor.ts';
import { settle } from './answers.ts';
import type { Target } from './lifecycle.ts';
import type { Platform } from './platform.ts';
import { find } from './records.ts';
import { checkRolling, planRolling, type RollingPlan } from './rolling.ts';
import { runSpec, surroundings } from './run-spec.ts';

export interface RollingRestart {
  /** Null for a dry run. */
  readonly operation: string | null;
  /** Of processes. */
  readonly count: number;
  readonly batches: {
    readonly number: number;
    readonly steps: { readonly processId: string; readonly process: string }[];
  }[];
}

/** Throws CONFLICT if the selection is not what was expected, and what a restart of the service throws. Of an instance, what cannot be started is a failed step. */
export async function rollingRestart(
  platform: Platform,
  actor: Actor,
  target: Target,
  input: unknown,
  waitMs: number,
): Promise<RollingRestart> {
  const asked = checkRolling(input);
  // In one transaction: what was counted is what is restarted.
  const told = await platform.store.write(async (em) => {
    const processes = await select(em, target);
    expectCount(processes.length, asked.expectCount);
    if (target.type === 'SERVICE')
      for (const process of processes) runSpec(platform.serviceTypes, surroundings(process));
    const made = planRolling(processes, asked);
    const restart = toldOf(asked.dryRun ? null : storePlan(em, actor, target, made), made);
    await settle(em, { ...restart });
    return restart;
  });
  if (told.operation !== null) await platform.lifecycle.carryOut(told.operation, waitMs);
  return told;
}

const toldOf = (operation: string | null, { batches }: RollingPlan): RollingRestart => ({
  operation,
  count: batches.flat().length,
  batches: batches.map((batch, index) => ({
    number: index + 1,
    steps: batch.map(({ id }) => ({ processId: id, process: id })),
  })),
});

/** Only what is wanted up: what an operator stopped stays stopped. */
async function select(em: EntityManager, { type, id }: Target): Promise<Process[]> {
  const of: FilterQuery<Process> =
    type === 'SERVICE'
      ? { service: (await find(em, Service, id)).id }
      : { instance: (await find(em, Instance, id, 'instance')).id };
  return em.find(
    Process,
    { $and: [of, { desired: 'RUNNING' }] },
    { populate: ['instance', 'service', 'node'], orderBy: { createdAt: 'asc', id: 'asc' } },
  );
}

function expectCount(found: number, expected: number | null | undefined): void {
  if (expected == null || expected === found) return;
  throw new GantryError(
    'CONFLICT',
    `The restart would be of ${found} processes, not of ${expected}. Only those are counted that are wanted running. Look at them, then say how many you mean.`,
    'input.expectCount',
  );
}

/** Nobody's wish changes: what is stopped by the time its turn comes is left alone. */
function storePlan(em: EntityManager, actor: Actor, target: Target, { batches, settings }: RollingPlan): string {
  const id = randomUUID();
  const asked = { id, kind: 'ROLLING_RESTART', actor: actor.name, targetType: target.type, targetId: target.id };
  const operation = em.create(Operation, { ...asked, ...settings } as never);
  for (const [index, batch] of batches.entries()) {
    for (const process of batch)
      em.create(OperationStep, { operation, process, processId: process.id, batch: index + 1 } as never);
  }
  return id;
}
