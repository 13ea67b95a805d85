// Waiting, but not for ever.

/** Resolves when the work does, or after so many milliseconds; the work goes on. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  // Unreferenced: to wait is no reason to keep the process alive.
  await Promise.race([work, new Promise<void>((resolve) => setTimeout(resolve, ms).unref())]);
}
