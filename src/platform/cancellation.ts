// Cancellation: what an operation has not begun is not done, and what was wanted before it is wanted again.
import { GantryError } from '../errors.ts';
import { Operation } from '../store/entities/operation.ts';
import { OperationStep } from '../store/entities/operation-step.ts';
import { Process } from '../store/entities/process.ts';
import type { EntityManager } from '../store/store.ts';
import type { Actor } from './actor.ts';
import { settle } from './answers.ts';
import { endStep, finishIfDone } from './operation-record.ts';
import type { Platform } from './platform.ts';
import { find } from './records.ts';

/** Steps that are under way end as they end. Throws CONFLICT for an operation that has ended. Answers with its id. */
export async function cancelOperation({ store, bus }: Platform, actor: Actor, id: string): Promise<string> {
  await store.write(async (em) => {
    const operation = await find(em, Operation, id);
    if (operation.finishedAt) {
      throw new GantryError(
        'CONFLICT',
        `Operation ${id} has ended (${operation.state}): there is nothing left to cancel.`,
        'id',
      );
    }
    const why = { reason: 'CANCELLED', message: `${actor.name} cancelled the operation before this was begun.` };
    for (const step of await em.find(OperationStep, { operation: id, state: 'QUEUED' }, { orderBy: { id: 'asc' } })) {
      endStep(step, 'CANCELLED', why);
      await takeBackWish(em, step, actor);
    }
    // At once, and not when the steps that are no more would have had their turn.
    await finishIfDone(em, operation);
    await settle(em, { operation: id });
  });
  bus.publish('operationChange', id);
  return id;
}

/** What the step's request changed about what is wanted is changed back, unless a later request has decided since. */
async function takeBackWish(em: EntityManager, step: OperationStep, actor: Actor): Promise<void> {
  const { processId, previousDesired } = step;
  if (!previousDesired) return;
  const later = await em.findOne(
    OperationStep,
    { processId, id: { $gt: step.id }, previousDesired: { $ne: null }, state: { $ne: 'CANCELLED' } },
    { orderBy: { id: 'asc' } },
  );
  if (later) {
    // Without this request, that one would have come upon what there was before.
    later.previousDesired = previousDesired;
    return;
  }
  const process = await em.findOne(Process, processId);
  if (!process || process.desired === previousDesired) return;
  process.desired = previousDesired;
  process.desiredActor = actor.name;
}
