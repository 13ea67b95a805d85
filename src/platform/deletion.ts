// Deleting what has processes: what runs is stopped first, and nothing is deleted while it cannot be stopped, unless forced.
import { GantryError } from '../errors.ts';
import { Process } from '../store/entities/process.ts';
import { publicId } from '../store/ids.ts';
import type { EntityManager, FilterQuery } from '../store/store.ts';
import type { Actor } from './actor.ts';
import type { Target } from './lifecycle.ts';
import { endLink, watchNode } from './links.ts';
import type { Platform } from './platform.ts';

const REMOVE_TIMEOUT_MS = 5_000;
// Longer than any stop may take: what is asked for here is the end of it, not a look at it.
const STOP_WAIT_MS = 120_000;

interface Deletion {
  readonly target: Target;
  /** The processes that go. */
  readonly processes: FilterQuery<Process>;
  /** Delete also what could not be stopped. */
  readonly force: boolean;
  /** Deletes the records, in the transaction that makes sure that nothing was started meanwhile. */
  readonly remove: (em: EntityManager) => Promise<void>;
}

/** Throws NODE_UNREACHABLE with the reasons if something may still run and `force` is not given. */
export async function deleteWithProcesses(platform: Platform, actor: Actor, deletion: Deletion): Promise<void> {
  const { store, lifecycle, status, fleet, log } = platform;
  // Never started, or known to be down: nothing to stop.
  const mayRun = {
    $and: [deletion.processes, { startedAt: { $ne: null }, status: { $nin: ['STOPPED', 'EXITED', 'FATAL'] } }],
  } as FilterQuery<Process>;
  const running = await store.write((em) => em.find(Process, mayRun));
  if (running.length > 0) {
    const outcome = await lifecycle.stopAndWait(actor, deletion.target, running, STOP_WAIT_MS);
    if (outcome.failures.length > 0 && !deletion.force) throw stillRunning(deletion.target, outcome.failures);
  }
  const gone = await store.write(async (em) => {
    const all = await em.find(Process, deletion.processes);
    const restarted = deletion.force ? [] : await em.find(Process, mayRun);
    if (restarted.length > 0) {
      const ids = restarted.map((process) => process.id).join(', ');
      throw new GantryError(
        'CONFLICT',
        `Somebody started ${ids} while it was to be deleted: nothing was deleted.`,
        'id',
      );
    }
    await deletion.remove(em);
    return all;
  });
  await status.deleted(actor, gone);
  for (const process of gone.filter((each) => each.startedAt !== null)) {
    const node = publicId('Node', process.node.id);
    // What is left on the node is a few files of a process that is no more: worth a line, not a failure.
    fleet
      .remove(node, process.id, { timeoutMs: REMOVE_TIMEOUT_MS })
      .catch((error) => log.warn({ node, process: process.id, reason: error.reason }, 'its files stay on the node'));
  }
  const nodes = new Set(gone.map((process) => publicId('Node', process.node.id)));
  for (const node of nodes) await watchNode(platform, node).catch(() => endLink(platform, node));
}

function stillRunning(target: Target, failures: readonly { processId: string; message: string | null }[]): GantryError {
  const reasons = failures.map(({ processId, message }) => `process ${processId}: ${message}`).join('; ');
  return new GantryError(
    'NODE_UNREACHABLE',
    `${target.id} was not deleted, because not all of it could be stopped (${reasons}). Try again, or use force to delete it all the same: what still runs then goes on running.`,
    'force',
  );
}
