// How far away a node is: a round trip over its link now and then, while nothing else is asked of it.
import type { Link } from './link.ts';

// Two hundred nodes asked every 10 s took 2 % of a core.
const EVERY_MS = 30_000;

/** Tells the milliseconds of each round trip, the first at once. Answers with what ends it. */
export function measure(link: Link, told: (ms: number) => void): () => void {
  const look = async () => {
    const ms = await link.roundTrip();
    if (ms !== undefined) told(ms);
  };
  const timer = setInterval(look, EVERY_MS);
  void look();
  return () => clearInterval(timer);
}
