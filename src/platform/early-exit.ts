// A start that ends at once has not succeeded, also if the node said that it ran.
import type { NewsBus } from './news.ts';
import { StepFailure } from './step-failure.ts';

const ENDED: ReadonlySet<string> = new Set(['EXITED', 'BACKOFF', 'FATAL']);

export interface EarlyExit {
  /** Throws EXITED_EARLY if the process ends within `ms`, or has ended since the watch began. */
  expectNone(ms: number): Promise<void>;
  close(): void;
}

/** Begins to watch at once: made before the start, so that no end is missed. */
export function watchForExit(bus: NewsBus, processId: string): EarlyExit {
  let failure: StepFailure | undefined;
  let wake: () => void = () => {};
  const end = bus.listen('processChange', (change) => {
    if (change.processId !== processId || !ENDED.has(change.status)) return;
    failure ??= new StepFailure('EXITED_EARLY', change.message ?? 'It ended right after its start.');
    wake();
  });
  return {
    expectNone: async (ms) => {
      if (!failure) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          setTimeout(resolve, ms);
        });
      }
      if (failure) throw failure;
    },
    close: end,
  };
}
