// Progress of an operation: told as often as it comes further, and never more often than its reader reads.
import { Repeater, SlidingBuffer } from '@repeaterjs/repeater';
import { Operation } from '../store/entities/operation.ts';
import type { Platform } from './platform.ts';
import { find } from './records.ts';

/** Yields the id at the beginning and after each change, and ends with the operation. The iterator throws NOT_FOUND. */
export function watchOperation({ store, bus }: Platform, id: string): AsyncIterable<string> {
  const isOver = () => store.write(async (em) => (await find(em, Operation, id)).finishedAt != null);
  // Whoever is told reads how it stands by then: what is told meanwhile says nothing more.
  return new Repeater(async (push, stop) => {
    let isTelling = false;
    let hasNews = true;
    const tell = async () => {
      hasNews = true;
      if (isTelling) return;
      isTelling = true;
      while (hasNews) {
        hasNews = false;
        const over = await isOver();
        void push(id);
        if (over) stop();
      }
      isTelling = false;
    };
    // Listening begins before the first look: what changes in between is told once more.
    const end = bus.listen('operationChange', (changed) => {
      if (changed === id) tell().catch(stop);
    });
    void stop.then(end);
    await tell();
    await stop;
  }, new SlidingBuffer(1));
}
