// How far away a node is: a round trip over its link now and then, while nothing else is asked of it.
import type { Link } from './link.ts';

const EVERY_MS = 10_000;

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
