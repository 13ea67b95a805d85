// Checks of input: the shapes that text, addresses, JSON and ids may have, and how a misfit is told.
import { isIP } from 'node:net';
import { z } from 'zod';
import { badInput } from '../errors.ts';

// Control characters, line breaks and the Unicode separators that terminals and logs take for line breaks.
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const CONTROL_BUT_BREAKS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
const MAX_JSON = 256 * 1024;
// SQLite reads JSON to a depth of 1,000, the answer around it included.
const MAX_JSON_DEPTH = 100;

/** One line of text, not blank. */
export const line = (max = 200) =>
  z
    .string()
    .max(max, `must have at most ${max} characters`)
    .refine((text) => text.trim() !== '', 'must not be empty')
    .refine((text) => !CONTROL.test(text), 'must be one line without control characters')
    .refine(isWellFormed, 'must be well-formed Unicode');

/** Text that may have several lines. */
export const prose = (max = 4000) =>
  z
    .string()
    .max(max, `must have at most ${max} characters`)
    .refine((text) => !CONTROL_BUT_BREAKS.test(text), 'must not contain NUL or other control characters')
    .refine(isWellFormed, 'must be well-formed Unicode');

/** An id that an administrator gives. */
export const givenId = () =>
  z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$/,
      'must be 1 to 64 letters, digits or . _ - @, the first a letter or digit',
    );

export const email = () => line(254).regex(/^[^\s@]+@[^\s@]+$/, 'must be an e-mail address, as in ian@example.com');

/** The address of a machine: IPv4, IPv6 or a host name. */
export const address = () =>
  line(253).refine(
    (text) => isIP(text) !== 0 || /^(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?$/.test(text),
    'must be an IP address or a host name',
  );

/** A password or key: any text without NUL; never repeated in an error. */
export const secret = (max: number) =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(max, `must have at most ${max} characters`)
    .refine((text) => !text.includes('\0'), 'must not contain NUL');

/** A JSON object. It comes out as the text to store, with the keys and values as given. */
export const jsonObject = () =>
  z
    .custom<Record<string, unknown>>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      'must be a JSON object',
    )
    .superRefine((value, context) => {
      const problem = jsonProblem(value);
      if (problem) context.addIssue({ code: 'custom', message: problem });
    })
    .transform((value) => JSON.stringify(value));

/** Walked by hand: a recursion, also that of JSON.stringify, ends the stack before it ends a hostile value. */
function jsonProblem(root: unknown): string | undefined {
  const open: { value: unknown; depth: number }[] = [{ value: root, depth: 1 }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next;
    if (typeof value === 'object' && depth > MAX_JSON_DEPTH)
      return `must not be nested more than ${MAX_JSON_DEPTH} levels deep`;
    if (typeof value === 'string' && value.includes('\0')) return 'must not contain NUL';
    if (typeof value === 'number' && !isExact(value))
      return 'must not contain numbers that cannot be kept exactly: give them as text';
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, item] of Object.entries(value)) {
      // Harmless here, but poison for whoever merges it into an object later.
      if (key === '__proto__') return 'must not have a key "__proto__"';
      if (key.includes('\0')) return 'must not contain NUL';
      open.push({ value: item, depth: depth + 1 });
    }
  }
  return JSON.stringify(root).length > MAX_JSON ? `must have at most ${MAX_JSON} characters as JSON` : undefined;
}

const isExact = (value: number) => Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));

function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

/** The input as the shape makes it. Throws BAD_USER_INPUT that names the first field at fault and never repeats its value. */
export function check<Shape extends z.ZodType>(shape: Shape, input: unknown, at = 'input'): z.output<Shape> {
  const result = shape.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0] as z.core.$ZodIssue;
  const field = [at, ...issue.path.map(String)].filter(Boolean).join('.');
  // zod's own words for a wrong type begin so, and are the only ones that are not ours.
  const message = issue.code === 'invalid_type' ? `must be a ${issue.expected}, and cannot be cleared` : issue.message;
  throw badInput(`${field} ${message}.`, field);
}
