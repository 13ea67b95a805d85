// Wakes: tells the readers in this process that something happened. What is true is in the store, not in here.
import { setMaxListeners } from 'node:events';
import { createPubSub, type PubSub } from '@graphql-yoga/subscription';

/** A bus whose topics, and what is said on them, its users name. */
export type Bus<Topics extends Record<string, [unknown]>> = PubSub<Topics>;

/** In process. Several gateways on one database will need one that crosses them. */
export function createBus<Topics extends Record<string, [unknown]>>(): Bus<Topics> {
  const eventTarget = new EventTarget();
  // A listener a reader: many are no leak.
  setMaxListeners(0, eventTarget);
  return createPubSub<Topics>({ eventTarget: eventTarget as never });
}
