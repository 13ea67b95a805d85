// Watching processes: how they stand, then every change, with no hole and no repeat between the two.
import { FixedBuffer, Repeater } from '@repeaterjs/repeater';
import { GantryError } from '../errors.ts';
import { Instance } from '../store/entities/instance.ts';
import { Node } from '../store/entities/node.ts';
import { Process } from '../store/entities/process.ts';
import { Service } from '../store/entities/service.ts';
import type { EntityManager } from '../store/store.ts';
import type { Actor } from './actor.ts';
import { expectSeen, hears } from './hearing.ts';
import type { ProcessChange } from './news.ts';
import type { Platform } from './platform.ts';
import { find } from './records.ts';
import { standing } from './status.ts';

/** Public ids; all that are given have to match. */
export interface ProcessSelection {
  readonly instance?: string | null;
  readonly service?: string | null;
  readonly node?: string | null;
  readonly process?: string | null;
}

// A reader so far behind is better off starting anew than being told of the past.
const MAX_BEHIND = 10_000;

/** The iterator throws NOT_FOUND for a selection that names what does not exist, and TOO_SLOW at a reader that does not read. */
export function watchProcesses(
  { store, bus }: Platform,
  actor: Actor,
  selection: ProcessSelection,
): AsyncIterable<ProcessChange> {
  const isTold = hears({ store }, actor);
  return new Repeater(async (push, stop) => {
    const seen = new Map<string, number>();
    // Listening begins before looking: what changes in between comes twice, and the revision tells.
    const early: ProcessChange[] = [];
    let tell = (change: ProcessChange): unknown => early.push(change);
    const end = bus.listen('processChange', (change) => {
      if (!matches(change, selection) || !isTold(change.instanceId)) return;
      try {
        tell(change);
      } catch {
        // The buffer is full: whoever does not read has no more told.
        stop(tooSlow());
      }
    });
    void stop.then(end);
    for (const [noun, id] of named(selection)) expectSeen({ store }, actor, noun, id, `filter.${noun.toLowerCase()}`);
    for (const process of await store.write((em) => select(em, selection))) {
      seen.set(process.id, process.revision);
      // Waits where the reader does not keep up; what it is told at the beginning never counts against it.
      const change = standing(process);
      if (isTold(change.instanceId)) await push(change);
    }
    if (early.length > MAX_BEHIND) throw tooSlow();
    tell = (change) => change.revision > (seen.get(change.processId) ?? -1) && push(change);
    for (const change of early) tell(change);
    await stop;
  }, new FixedBuffer(MAX_BEHIND));
}

const tooSlow = () =>
  new GantryError(
    'TOO_SLOW',
    `You were more than ${MAX_BEHIND} changes behind. Subscribe again to go on from how things stand.`,
  );

async function select(em: EntityManager, { instance, service, node, process }: ProcessSelection): Promise<Process[]> {
  const where = {
    ...(instance != null && { instance: (await find(em, Instance, instance, 'filter.instance')).id }),
    ...(service != null && { service: (await find(em, Service, service, 'filter.service')).id }),
    ...(node != null && { node: (await find(em, Node, node, 'filter.node')).id }),
    ...(process != null && { id: (await find(em, Process, process, 'filter.process')).id }),
  };
  return em.find(Process, where, { orderBy: { createdAt: 'asc', id: 'asc' } });
}

const named = ({ instance, service, node, process }: ProcessSelection): [string, string][] =>
  Object.entries({ Instance: instance, Service: service, Node: node, Process: process }).flatMap(([noun, id]) =>
    id == null ? [] : [[noun, id]],
  );

export const matches = (change: ProcessChange, { instance, service, node, process }: ProcessSelection) =>
  (instance == null || change.instanceId === instance) &&
  (service == null || change.serviceId === service) &&
  (node == null || change.nodeId === node) &&
  (process == null || change.processId === process);
