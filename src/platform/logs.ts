// Logs of processes: their last lines, and following them. They stay on their node; nothing of them is stored here.
import { Repeater } from '@repeaterjs/repeater';
import { z } from 'zod';
import { badInput, GantryError } from '../errors.ts';
import type { LogPart as FollowedPart } from '../fleet/follow.ts';
import type { LogPage } from '../fleet/log.ts';
import { FleetError } from '../fleet/types.ts';
import { Process } from '../store/entities/process.ts';
import { publicId } from '../store/ids.ts';
import { check } from './check.ts';
import type { Platform } from './platform.ts';
import { find } from './records.ts';

/** What is new in a log that is followed. */
export type LogPart = FollowedPart;

const TIMEOUT_MS = 5_000;
const LAST = z.int().min(0, 'must be at least 0').max(1000, 'must be at most 1000');

/** Throws NOT_FOUND, BAD_USER_INPUT, or NODE_UNREACHABLE when nobody could look. */
export async function readLog(
  platform: Platform,
  id: string,
  last: number,
  before: string | null | undefined,
): Promise<LogPage> {
  check(LAST, last, 'last');
  const process = await findProcess(platform, id);
  // It was never started, and no node has to say that it has printed nothing.
  if (process.startedAt == null) return { lines: [], start: undefined, hasMore: false };
  const options = { last, before: before ?? undefined, timeoutMs: TIMEOUT_MS };
  return platform.fleet.log(nodeOf(process), id, options).catch((error: unknown) => {
    throw named(error, nodeOf(process));
  });
}

/** The last lines, then what comes, until the process is deleted. The iterator throws NOT_FOUND, BAD_USER_INPUT. */
export function followLog(platform: Platform, id: string, last: number): AsyncIterable<LogPart> {
  return new Repeater(async (push, stop) => {
    check(LAST, last, 'last');
    const process = await findProcess(platform, id);
    const parts = platform.fleet
      .followLog(nodeOf(process), id, { last, timeoutMs: TIMEOUT_MS })
      [Symbol.asyncIterator]();
    const end = platform.bus.listen('processChange', ({ processId, reason }) => {
      if (processId === id && reason === 'DELETED') stop();
    });
    void stop.then(end);
    // What goes wrong after its end is nobody's any longer.
    void stop.then(() => parts.return?.()).catch(() => {});
    try {
      for (let part = await parts.next(); !part.done; part = await parts.next()) await push(part.value);
    } catch (error) {
      throw named(error, nodeOf(process));
    }
    stop();
  });
}

const findProcess = ({ store }: Platform, id: string) => store.write((em) => find(em, Process, id));

const nodeOf = (process: Process) => publicId('Node', process.node.id);

function named(error: unknown, node: string): unknown {
  if (!(error instanceof FleetError)) return error;
  if (error.reason === 'BAD_REQUEST') return badInput(error.message, 'before');
  const message = `Nobody could look at the log on node ${node}: ${error.message}`;
  return new GantryError('NODE_UNREACHABLE', message, undefined, error.reason);
}
