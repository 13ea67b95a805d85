// Deleting what has processes: what runs is stopped first, and nothing is deleted while it cannot be stopped, unless forced.
import { GantryError } from '../errors.ts';
import { Process } from '../store/entities/process.ts';
import { publicId } from '../store/ids.ts';
import type { EntityManager, FilterQuery } from '../store/store.ts';
import type { Actor } from './actor.ts';
import { settle } from './answers.ts';
import type { Outcome, Target } from './lifecycle.ts';
import { watchNode } from './links.ts';
import type { Platform } from './platform.ts';
import { isUnreachable } from './step-failure.ts';
import { bury, keepingTheWay } from './tombstones.ts';

const REMOVE_TIMEOUT_MS = 5_000;
// What is asked for is the end of the stops, not a look at them; each is bounded by the grace of its type.
const STOP_WAIT_MS = 3_600_000;
const FORCED_GRACE_MS = 5_000;

interface Deletion {
  readonly target: Target;
  /** The processes that go. */
  readonly processes: FilterQuery<Process>;
  /** Delete also what could not be stopped, and stop it when its node can be reached. */
  readonly force: boolean;
  /** Deletes the records, in the transaction that makes sure that nothing was started meanwhile. */
  readonly remove: (em: EntityManager) => Promise<void>;
}

/** Throws NODE_UNREACHABLE with the reasons if something may still run and `force` is not given. */
export async function deleteWithProcesses(platform: Platform, actor: Actor, deletion: Deletion): Promise<void> {
  const { store, lifecycle, status } = platform;
  // Never started, or known to be down: nothing to stop.
  const mayRun = {
    $and: [deletion.processes, { startedAt: { $ne: null }, status: { $nin: ['STOPPED', 'EXITED', 'FATAL'] } }],
  } as FilterQuery<Process>;
  const running = await store.write((em) => em.find(Process, mayRun));
  const stopped = new Set<string>();
  if (running.length > 0) {
    const outcome = await lifecycle.stopAndWait(actor, deletion.target, running, STOP_WAIT_MS);
    if (outcome.failures.length > 0 && !deletion.force) throw stillRunning(deletion.target, outcome.failures);
    for (const id of outcome.stopped) stopped.add(id);
  }
  // What was stopped and is still not wanted is down, also while nobody can look at it.
  const isDown = ({ id, desired }: Process) => stopped.has(id) && desired === 'STOPPED';
  const gone = await store.write(async (em) => {
    const all = await em.find(Process, deletion.processes);
    const found = await em.find(Process, mayRun, { populate: ['service', 'node'] });
    const alive = found.filter((each) => !isDown(each));
    if (alive.length > 0 && !deletion.force) {
      const ids = alive.map((process) => process.id).join(', ');
      throw new GantryError(
        'CONFLICT',
        `Somebody started ${ids} while it was to be deleted: nothing was deleted.`,
        'id',
      );
    }
    await bury(em, actor, alive);
    await keepingTheWay(em, () => deletion.remove(em));
    await settle(em, { id: deletion.target.id });
    const buried = new Set(alive.map(({ id }) => id));
    return { all, stopped: all.filter(({ id }) => !buried.has(id)) };
  });
  await status.deleted(actor, gone.all);
  // Nobody waits for it but the end of the gateway.
  lifecycle.aside(cleanUp(platform, gone.all, gone.stopped));
}

/** Nothing of those that were stopped stays on their nodes, as far as those can be reached; links that nobody needs any longer end. */
async function cleanUp(platform: Platform, gone: readonly Process[], stopped: readonly Process[]): Promise<void> {
  const { fleet, log, undertaker } = platform;
  const nodes = new Set(gone.map((process) => publicId('Node', process.node.id)));
  const started = stopped.filter((process) => process.startedAt !== null);
  await Promise.all(
    started.map(async ({ id, node: { id: number } }) => {
      const node = publicId('Node', number);
      try {
        // Once more, for those of which a start was under way.
        await fleet.stop(node, id, { graceMs: FORCED_GRACE_MS, timeoutMs: FORCED_GRACE_MS + REMOVE_TIMEOUT_MS });
        await fleet.remove(node, id, { timeoutMs: REMOVE_TIMEOUT_MS });
      } catch (error) {
        log.warn({ node, process: id, err: error }, 'something of this deleted process stays on its node');
      }
    }),
  );
  for (const node of nodes) {
    await watchNode(platform, node);
    undertaker.attend(node);
  }
}

function stillRunning(target: Target, failures: Outcome['failures']): GantryError {
  const reasons = failures.map(({ processId, message }) => `process ${processId}: ${message}`).join('; ');
  return new GantryError(
    failures.every(({ reason }) => isUnreachable(reason)) ? 'NODE_UNREACHABLE' : 'CONFLICT',
    `${target.id} was not deleted, because not all of it could be stopped (${reasons}). Try again, or use force to delete it all the same: what still runs then is stopped when its node can be reached (see tombstones).`,
    'force',
  );
}
