// Waits for a condition instead of sleeping.
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves to the first value that is neither undefined nor false; throws after `withinMs` (default 30 000: a loaded machine pauses for seconds). */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = 30_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(10);
  }
}
