// What is to run, as the shell text that the keeper's child reads: directory, environment, words. Pure.
import { checkText, quote } from './quote.ts';
import type { ProcessSpec, RestartPace, RestartPolicy } from './types.ts';
import { FleetError } from './types.ts';

/** The longest spec, in characters: the node's shell reads it byte by byte. */
const MAX_SPEC = 256 * 1024;
const PROCESS_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
const MAX_ID = 128;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

// Shells keep these for themselves: some are read-only, and others change what is assigned.
const SHELL_NAMES = new Set(
  (
    '_ IFS PPID UID EUID GID EGID USER_ID KSHUID KSHEGID KSHGID OPTIND OPTARG LINENO RANDOM SRANDOM SECONDS ' +
    'EPOCHSECONDS EPOCHREALTIME SHELLOPTS BASHOPTS BASHPID BASH_VERSINFO BASH_ARGV BASH_ARGC BASH_LINENO BASH_SOURCE ' +
    'BASH_SUBSHELL BASH_COMMAND BASH_CMDS BASH_ALIASES DIRSTACK FUNCNAME GROUPS HISTCMD PIPESTATUS PWD OLDPWD SHLVL'
  ).split(' '),
);

// What the keeper tells its processes apart by, and its own settings.
const KEEPER_NAMES = /^GANTRY_(ID|TOKEN|KEEPER_.*)$/;

/** The keeper's words for restart policies. */
const POLICY_WORD: Readonly<Record<RestartPolicy, string>> = {
  NEVER: 'never',
  ON_FAILURE: 'on-failure',
  ALWAYS: 'always',
};

const DAY_MS = 86_400_000;

/** The keeper's word for when and how fast a process is started again: whole numbers, for a shell. Throws BAD_REQUEST. */
export function policyWord({ restart, pace }: Pick<ProcessSpec, 'restart' | 'pace'>): string {
  return pace ? [POLICY_WORD[restart], ...paceWords(pace)].join(':') : POLICY_WORD[restart];
}

function paceWords(pace: RestartPace): number[] {
  const whole = (value: number, low: number, high: number) => {
    const rounded = Math.round(value);
    if (rounded >= low && rounded <= high) return rounded;
    throw new FleetError('BAD_REQUEST', 'The pace of restarts is out of bounds.');
  };
  return [
    whole(pace.initialDelayMs, 1, DAY_MS),
    whole(pace.factor * 100, 100, 1_000),
    whole(pace.maxDelayMs, 0, DAY_MS),
    whole(pace.jitter * 100, 0, 100),
    whole(pace.resetAfterMs, 0, DAY_MS),
    whole(pace.limit, 0, 1_000),
    whole(pace.windowMs, 0, DAY_MS),
  ];
}

/** Throws BAD_REQUEST: ids are names of folders on the node. */
export function checkProcessId(id: string): void {
  if (id.length > MAX_ID || !PROCESS_ID.test(id)) {
    throw new FleetError(
      'BAD_REQUEST',
      'A process id has letters, digits, "_", "." and "-", and begins with a letter or digit.',
    );
  }
}

function checkEnvName(name: string): void {
  const shown = JSON.stringify(name.slice(0, 80));
  if (!ENV_NAME.test(name))
    throw new FleetError('BAD_REQUEST', `${shown} cannot be the name of an environment variable.`);
  if (SHELL_NAMES.has(name) || KEEPER_NAMES.test(name)) {
    throw new FleetError('BAD_REQUEST', `The environment variable ${shown} is kept for the shell or for Gantry.`);
  }
}

/** A relative directory starts at the login directory; the `./` keeps `-` and CDPATH from meaning anything. */
const directory = (cwd: string) => (cwd.startsWith('/') ? cwd : `./${cwd}`);

/** The spec file's text. Throws BAD_REQUEST, and never shows a value in the message. */
export function specText(spec: ProcessSpec): string {
  if (!spec.command[0]) throw new FleetError('BAD_REQUEST', 'The command is empty.');
  const lines: string[] = [];
  if (spec.cwd) {
    checkText(spec.cwd, 'The working directory');
    lines.push(`cd -- ${quote(directory(spec.cwd))} || exit 125`);
  }
  for (const [name, value] of Object.entries(spec.env)) {
    checkEnvName(name);
    checkText(value, `The value of ${name}`);
    lines.push(`export ${name}=${quote(value)}`);
  }
  for (const word of spec.command) checkText(word, 'A word of the command');
  lines.push(`set -- ${spec.command.map(quote).join(' ')}`);
  const text = lines.join('\n');
  if (text.length > MAX_SPEC)
    throw new FleetError('BAD_REQUEST', `Command and environment are longer than ${MAX_SPEC} characters.`);
  return text;
}
