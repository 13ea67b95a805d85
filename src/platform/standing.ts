// How rolling restarts stand: which have not ended, and which of their processes are down or about to be.
import { Operation } from '../store/entities/operation.ts';
import { OperationStep } from '../store/entities/operation-step.ts';
import type { Process } from '../store/entities/process.ts';
import type { EntityManager, FilterQuery } from '../store/store.ts';
import { type Bound, isUp, MAY_BE_DOWN } from './rolling.ts';

export interface Standing {
  /** The rolling restarts that have not ended, by their ids. Of their members, those that are down or were asked for. */
  readonly bounds: ReadonlyMap<string, Bound>;
  /** The steps of those members that have ended. */
  readonly ended: ReadonlySet<number>;
  readonly processes: ReadonlyMap<string, Process>;
  /** Processes at which a step of any operation is at work: not settled after a start, or about to be stopped. */
  readonly busy: ReadonlySet<string>;
  /** Processes for which somebody held a place when this was read. */
  readonly held: ReadonlySet<string>;
  /** The gateway was started, and not every node was looked at since. */
  readonly isUnseen: boolean;
}

/** Of a process that was asked for, or is down: all others are up. */
export const isDown = (id: string, { processes, busy }: Pick<Standing, 'processes' | 'busy'>): boolean => {
  const process = processes.get(id);
  // What nobody wants up is missed by nobody, also while it is stopped.
  return process?.desired === 'RUNNING' && (busy.has(id) || !isUp(process));
};

/** Reads only what can matter: a rolling restart may have thousands of members, and this is read at each change. */
export async function readStanding(
  em: EntityManager,
  asked: readonly string[],
  held: ReadonlySet<string>,
): Promise<Standing> {
  const open = await em.find(Operation, { kind: 'ROLLING_RESTART', finishedAt: null });
  const atWork = await em.find(OperationStep, { state: 'RUNNING', operation: { finishedAt: null } });
  const busy = new Set(atWork.map(({ processId }) => processId));
  const steps = await em.find(
    OperationStep,
    {
      operation: { $in: open.map(({ id }) => id) },
      $or: [{ processId: { $in: [...asked, ...busy] } }, { process: MAY_BE_DOWN }],
    } as unknown as FilterQuery<OperationStep>,
    { populate: ['process'] },
  );
  const members = (id: string) => steps.filter(({ operation }) => operation.id === id).map((step) => step.processId);
  const rows = steps.flatMap(({ process }) => (process ? [process.unwrap()] : []));
  return {
    bounds: new Map(open.map(({ id, maxDown }) => [id, { members: new Set(members(id)), maxDown: maxDown ?? 1 }])),
    ended: new Set(steps.filter(({ finishedAt }) => finishedAt).map(({ id }) => id)),
    processes: new Map(rows.map((process) => [process.id, process])),
    busy,
    held,
    isUnseen: rows.some(({ statusReason }) => statusReason === 'GATEWAY_RESTARTED'),
  };
}
