// A survey of nodes: which of their processes are not as they should be, and what keeps that from being changed.
import { GantryError } from '../errors.ts';
import { OperationStep } from '../store/entities/operation-step.ts';
import { Process } from '../store/entities/process.ts';
import type { EntityManager, FilterQuery } from '../store/store.ts';
import { MAY_DIFFER, type Remedy, remedyFor } from './differences.ts';
import { runSpec, surroundings } from './run-spec.ts';
import type { ServiceTypes } from './service-types.ts';

export interface Finding {
  readonly process: Process;
  readonly remedy: Remedy;
  /** An operation works on it: what comes of that is waited for. */
  readonly isBusy: boolean;
  /** Why it cannot be started at all, in a sentence for people. */
  readonly obstacle: string | undefined;
}

const MAX_FOUND = 10_000;
// Failures of a start that the same start will have again.
const UNRUNNABLE: ReadonlySet<string> = new Set(['COMMAND_NOT_FOUND', 'COMMAND_NOT_EXECUTABLE', 'WORKING_DIRECTORY']);

/** The processes that differ, of these; each with its instance, service and node. */
export async function survey(
  em: EntityManager,
  types: ServiceTypes,
  where: FilterQuery<Process>,
): Promise<readonly Finding[]> {
  const rows = await em.find(Process, { $and: [where, MAY_DIFFER] } as FilterQuery<Process>, {
    populate: ['instance', 'service', 'node'],
    orderBy: { createdAt: 'asc', id: 'asc' },
    limit: MAX_FOUND,
  });
  const differing = rows.flatMap((process) => {
    const remedy = remedyFor(process);
    return remedy ? [{ process, remedy }] : [];
  });
  if (differing.length === 0) return [];
  const ids = differing.map(({ process }) => process.id);
  // A rolling restart may come to a process in hours only: until then nobody works on it.
  const atWork = { $or: [{ state: 'RUNNING' }, { state: 'QUEUED', operation: { kind: { $ne: 'ROLLING_RESTART' } } }] };
  const open = await em.find(OperationStep, { processId: { $in: ids }, ...atWork } as FilterQuery<OperationStep>);
  const busy = new Set(open.map((step) => step.processId));
  const unrunnable = await findUnrunnable(em, ids);
  return differing.map(({ process, remedy }) => ({
    process,
    remedy,
    isBusy: busy.has(process.id),
    obstacle: remedy === 'START' ? (unrunnable.get(process.id) ?? obstacle(types, process)) : undefined,
  }));
}

function obstacle(types: ServiceTypes, process: Process): string | undefined {
  try {
    runSpec(types, surroundings(process));
    return undefined;
  } catch (error) {
    if (error instanceof GantryError) return error.message;
    throw error;
  }
}

/** Those whose last start found nothing that could run: whoever asked for it was told, and has to change something. */
async function findUnrunnable(em: EntityManager, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const failed = await em.find(
    OperationStep,
    { processId: { $in: [...ids] }, state: 'FAILED', reason: { $in: [...UNRUNNABLE] } },
    { orderBy: { id: 'asc' } },
  );
  const found = new Map(failed.map((step) => [step.processId, step]));
  const later = await em.find(OperationStep, { processId: { $in: [...found.keys()] }, state: 'SUCCEEDED' });
  for (const step of later) if (step.id > (found.get(step.processId)?.id ?? 0)) found.delete(step.processId);
  return new Map([...found].map(([id, step]) => [id, step.message ?? 'Its command cannot run.']));
}
