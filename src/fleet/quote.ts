// Quoting for a POSIX shell: the only way by which a value gets into shell text.
import { FleetError } from './types.ts';

/** Throws BAD_REQUEST for text that cannot reach a process unchanged: a NUL, or half of a surrogate pair. `what` names it. */
export function checkText(text: string, what: string): void {
  if (text.includes('\0'))
    throw new FleetError('BAD_REQUEST', `${what} holds a NUL character; no process can be given one.`);
  if (!text.isWellFormed()) throw new FleetError('BAD_REQUEST', `${what} is not well-formed Unicode text.`);
}

/** One word of a script or of a file that a shell reads. Newlines stay as they are. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** One word of a request, which has to fit in one line: the keeper's shell has a newline in `$newline`. */
export function quoteInLine(text: string): string {
  return quote(text).replaceAll('\n', `'"$newline"'`);
}
