// Property tests as tests of vitest: fewer runs where each goes through a whole gateway.
import fc from 'fast-check';
import { it } from 'vitest';

export { fc };

/** A test whose sentence holds for all values of the arbitraries. */
export function property<Values extends [unknown, ...unknown[]]>(
  sentence: string,
  arbitraries: { [Index in keyof Values]: fc.Arbitrary<Values[Index]> },
  holds: (...values: Values) => Promise<void>,
  numRuns = 40,
): void {
  it(sentence, () => fc.assert(fc.asyncProperty(...arbitraries, holds), { numRuns }));
}
