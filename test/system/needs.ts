// What a system test needs from the machine, said aloud when it is not there.
import { accessSync, constants } from 'node:fs';
import { USUAL_PATH } from '../kit/shell.ts';

const executable = (file: string) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** Where a program is, or undefined. */
export const find = (program: string): string | undefined =>
  USUAL_PATH.split(':')
    .map((folder) => `${folder}/${program}`)
    .find(executable);

/** True if all programs are there (and, where asked for, root is who runs this); otherwise says what is skipped and why. */
export function can(what: string, programs: readonly string[], options: { root?: boolean } = {}): boolean {
  const missing = programs.filter((program) => find(program) === undefined);
  if (options.root && process.getuid?.() !== 0) missing.push('the rights of root');
  if (missing.length > 0) process.stderr.write(`\nSKIPPED: ${what}: this machine lacks ${missing.join(', ')}\n`);
  return missing.length === 0;
}
