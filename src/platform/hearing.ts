// Who is told what: each time that something is told, whether the one who listens sees the instance that it is about, by then.
import { notFound } from '../errors.ts';
import { type Actor, viewerOf } from './actor.ts';
import type { Platform } from './platform.ts';

/** Whether this listener is told of things of an instance. Asked at each telling: tenants move, and users leave them. */
export function hears({ store }: Pick<Platform, 'store'>, actor: Actor): (instanceId: string) => boolean {
  const viewer = viewerOf(actor);
  return (instanceId) => viewer === undefined || store.reader.sees(viewer, 'Instance', instanceId);
}

/** Throws NOT_FOUND for what the one who asks does not see, in the words for what is not there. */
export function expectSeen(
  { store }: Pick<Platform, 'store'>,
  actor: Actor,
  noun: string,
  id: string,
  field: string,
): void {
  const viewer = viewerOf(actor);
  if (viewer !== undefined && !store.reader.sees(viewer, noun, id)) throw notFound(noun.toLowerCase(), id, field);
}
