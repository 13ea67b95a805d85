// One form for all the ways to write the same value: keys of objects in their order, what is undefined left out.
import { badInput } from '../errors.ts';

// Deeper than any input may be; a recursion without a bound would end the stack.
const MAX_DEPTH = 200;

/** To be made text by JSON.stringify: equal values give equal texts, others do not. Throws BAD_USER_INPUT for what is nested without end. */
export function canonical(value: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw badInput(`The input must not be nested more than ${MAX_DEPTH} levels deep.`);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => canonical(each, depth + 1));
  const given = Object.entries(value).filter(([, each]) => each !== undefined);
  // In pairs: an object made anew would take a key `__proto__` for its prototype, and put numbers first.
  const pairs = given.map(([key, each]) => [key, canonical(each, depth + 1)] as const);
  return { of: pairs.sort(([one], [other]) => (one < other ? -1 : 1)) };
}
