// What goes wrong on the way to a node and on it, as typed reasons with a sentence for a person. ssh2's texts stay in here.
import { barredBecause } from './facts.ts';
import { ending } from './observation.ts';
import type { FailureReason, NodeTarget } from './types.ts';
import { FleetError } from './types.ts';

const where = (target: NodeTarget) => `${target.host}:${target.port}`;

const BY_CODE: Readonly<Record<string, FailureReason>> = {
  ECONNREFUSED: 'REFUSED',
  ETIMEDOUT: 'TIMEOUT',
  ENOTFOUND: 'NAME_NOT_FOUND',
  EAI_AGAIN: 'NAME_NOT_FOUND',
  EAI_FAIL: 'NAME_NOT_FOUND',
  EHOSTUNREACH: 'UNREACHABLE',
  ENETUNREACH: 'UNREACHABLE',
  EHOSTDOWN: 'UNREACHABLE',
  EADDRNOTAVAIL: 'UNREACHABLE',
  ECONNRESET: 'RESET',
  EPIPE: 'RESET',
};

const SENTENCES: Partial<Record<FailureReason, (target: NodeTarget) => string>> = {
  REFUSED: (t) => `Nothing listens at ${where(t)}. Check the port, and that the SSH server runs.`,
  TIMEOUT: (t) => `${where(t)} did not answer in time. Check the address, the network and the firewall.`,
  NAME_NOT_FOUND: (t) => `The name ${t.host} could not be looked up. Check its spelling and the DNS.`,
  UNREACHABLE: (t) => `There is no route to ${where(t)}. Check the address and the network.`,
  RESET: (t) =>
    `${where(t)} closed the connection. The SSH server may be restarting, overloaded or refusing this address.`,
  AUTHENTICATION: (t) =>
    `${where(t)} refused to log in ${JSON.stringify(t.username)}. Check the user name, password or key.`,
  NOT_SSH: (t) => `What listens at ${where(t)} is not an SSH server that can be spoken with. Check the port.`,
  LOST: (t) => `The connection to ${where(t)} was lost.`,
  CLOSED: (t) => `The node at ${where(t)} is no longer watched.`,
};

/** A failure with its usual sentence. */
export function connectionFailure(reason: FailureReason, target: NodeTarget): FleetError {
  return new FleetError(reason, SENTENCES[reason]?.(target) ?? `Connecting to ${where(target)} failed.`);
}

const property = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;

function reasonOf(error: unknown): FailureReason {
  const level = property(error, 'level');
  const code = property(error, 'code');
  const message = String(property(error, 'message'));
  if (typeof code === 'string' && BY_CODE[code] !== undefined) return BY_CODE[code];
  if (level === 'client-authentication') return 'AUTHENTICATION';
  if (level === 'client-timeout') return 'TIMEOUT';
  if (message === 'Connection lost before handshake') return 'RESET';
  // A disconnect message carries a number; 14 is "no more authentication methods".
  if (typeof code === 'number') return code === 14 ? 'AUTHENTICATION' : 'RESET';
  return 'NOT_SSH';
}

/** For an error of a socket or of ssh2 while connecting. */
export function fromConnectError(error: unknown, target: NodeTarget): FleetError {
  return error instanceof FleetError ? error : connectionFailure(reasonOf(error), target);
}

const fail = (reason: FailureReason, message: string, exitCode?: number) => new FleetError(reason, message, exitCode);

const NEVER_RAN: Readonly<Record<string, () => FleetError>> = {
  127: () => fail('COMMAND_NOT_FOUND', 'The node has no such command. Check the path, or PATH.', 127),
  126: () => fail('COMMAND_NOT_EXECUTABLE', 'The command is there but cannot be executed. Check its permissions.', 126),
  125: () => fail('WORKING_DIRECTORY', 'The working directory is not there or may not be entered.', 125),
  74: () => fail('DISK_FULL', 'The node could not write its files. The disk may be full or read-only.'),
};

function neverRan(detail: string): FleetError {
  const known = Object.hasOwn(NEVER_RAN, detail) ? NEVER_RAN[detail] : undefined;
  return known?.() ?? fail('FAILED', `The process did not begin to run (code ${detail}). Its log may say why.`);
}

function endedAtOnce(detail: string): FleetError {
  const { exitCode: code } = ending(detail);
  if (code === undefined) return fail('FAILED', 'The process was gone at once, and nobody saw how it ended.');
  return fail('EXITED', `The process ended at once with exit code ${code}. Its log may say why.`, code);
}

const ANSWERS: Readonly<Record<string, (detail: string) => FleetError>> = {
  unrunnable: neverRan,
  failed: endedAtOnce,
  disk: () => neverRan('74'),
  locked: () => fail('LOCKED', 'Another request holds this process on the node. Try again in a moment.'),
  leftovers: () =>
    fail('STUCK', 'Some of its processes survive KILL. They may be waiting for a disk or a network share.'),
  stuck: () => fail('STUCK', 'The process survives KILL. It may be waiting for a disk or a network share.'),
  up: () => fail('NOT_STOPPED', 'The process is not down. Stop it first.'),
  timeout: () => fail('TIMEOUT', 'The process neither ran nor failed in time; what became of it is not known.'),
  emptied: () =>
    fail(
      'LOST',
      "The keeper's folder on the node was emptied. The link is made anew, and the folder with it: try again.",
    ),
  nokeeper: () =>
    fail(
      'FAILED',
      'The keeper of the process ended early. The disk may be full, or the node ends processes at log-out.',
    ),
  damaged: () => fail('ARTIFACT_REFUSED', 'What arrived on the node is not what was sent: its disk may be failing.'),
  unusable: () =>
    fail('ARTIFACT_REFUSED', "The path of the keeper's folder on the node is too long or has a line break."),
  elsewhere: () =>
    fail('ARTIFACT_REFUSED', 'SFTP on the node does not write to the folder that its login shell shows.'),
  lacking: () => fail('UNSUPPORTED', 'The node lacks base64 or dd, which reading a log takes.'),
  barred: (why) => fail('NOT_KEPT', barredBecause(why)),
  refused: () => fail('BAD_REQUEST', 'The keeper refused the request.'),
};

/** For an answer of the keeper whose code is not 0. The words are the node's: they only choose a sentence. */
export function fromAnswer(words: readonly string[]): FleetError {
  const [word = '', detail = ''] = words;
  const known =
    Object.hasOwn(ANSWERS, word) && /^([0-9]{1,3}|[a-z-]{0,32}|(signal|exit):[A-Z0-9+]{1,16})$/.test(detail)
      ? ANSWERS[word]
      : undefined;
  return known?.(detail) ?? fail('FAILED', 'The keeper gave an answer that is not understood.');
}
