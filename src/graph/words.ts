// The closed sets of words of the graph, and what each word means. A word of the store without a meaning here does not compile.
import { registerEnumType } from 'type-graphql';
import type { SupervisorMode as Mode } from '../platform/differences.ts';
import type { Subject } from '../platform/told.ts';
import type { EventType as Event } from '../store/entities/event.ts';
import type { DriverChoice as Choice, CredentialKind as Credential } from '../store/entities/node.ts';
import type { RunDriver as Driver, LinkState as Link } from '../store/entities/node-link.ts';
import type {
  OperationKind as Kind,
  OnFailure as Next,
  OperationState as State,
  OperationTarget as Target,
} from '../store/entities/operation.ts';
import type { StepState as Step } from '../store/entities/operation-step.ts';
import type {
  DesiredState as Desired,
  HealthState as Health,
  StatusReason as Reason,
  ProcessStatus as Status,
} from '../store/entities/process.ts';
import type {
  HealthCheckKind as CheckKind,
  LogLevel as Level,
  RestartPolicy as Policy,
} from '../store/entities/service.ts';
import type { Role as UserRole } from '../store/entities/user.ts';

/** An enum of the graph whose words stand for the values given; those of the store stand for themselves. */
export function registerWords(
  name: string,
  description: string,
  values: Readonly<Record<string, string>>,
  meanings: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const valuesConfig = Object.fromEntries(
    Object.entries(meanings).map(([word, meaning]) => [word, { description: meaning }]),
  );
  registerEnumType(values, { name, description, valuesConfig });
  return values;
}

function words<Word extends string>(name: string, description: string, meanings: Readonly<Record<Word, string>>) {
  return registerWords(
    name,
    description,
    Object.fromEntries(Object.keys(meanings).map((word) => [word, word])),
    meanings,
  );
}

export const OrderDirection = words<'ASC' | 'DESC'>('OrderDirection', 'Which end of an order comes first.', {
  ASC: 'The smallest, or the oldest.',
  DESC: 'The largest, or the newest.',
});

export const EventType = words<Event>('EventType', 'What kind of thing happened.', {
  CREATED: 'Something is new.',
  UPDATED: 'Something was changed.',
  DELETED: 'Something is gone.',
  RELATION_ADDED: 'Two things belong together: a tenant to an instance, a user or an integration to a tenant.',
  RELATION_REMOVED: 'They do no longer.',
  PROCESS_STATUS: 'Something else was seen of a process.',
  NODE_CONNECTION: 'The link of the gateway to a node stands otherwise; `after` is null when there is none any longer.',
  OPERATION_STATE: 'An operation, or a step of one, has come further.',
  ACCESS_REFUSED: 'Somebody tried what is not allowed.',
});

export const EventSubject = words<Subject>('EventSubject', 'What kind of thing an event is about.', {
  INSTANCE: 'An instance.',
  TENANT: 'A tenant.',
  USER: 'A user; its id is the e-mail.',
  INTEGRATION: 'An integration.',
  NODE: 'A node, or the link to it.',
  SERVICE: 'A service.',
  PROCESS: 'A process.',
  OPERATION: 'An operation.',
  OPERATION_STEP: 'A step of an operation.',
  TOKEN: 'A token; its id is the part of it that is no secret.',
  GATEWAY: 'The gateway itself.',
});

export const Role = words<UserRole>('Role', 'What a user may do.', {
  ADMIN: 'Everything.',
  OPERATOR: 'Start and stop what runs on the instances of its tenants.',
  VIEWER: 'Look at its tenants and their instances.',
});

export const CredentialKind = words<Credential>('CredentialKind', 'What the gateway logs in to a node with.', {
  PASSWORD: 'A password, offered as such and at a prompt.',
  PRIVATE_KEY: 'A private key; a password that is set, too, is offered after it.',
});

export const LinkState = words<Link>('LinkState', 'How the link of the gateway to a node stands.', {
  CONNECTING: 'It is being made for the first time, or anew after a change of the node.',
  CONNECTED: 'It is up: what is said of its processes is what is.',
  UNREACHABLE: 'The node did not answer; it is tried again, with growing pauses.',
  AUTH_FAILED: 'The node refuses the credential. It is not tried again until the credential changes.',
  HOST_KEY_CHANGED:
    'The node shows another host key than the pinned ones, or a revoked one. It is not tried again until `trustHostKey`.',
  HOST_KEY_UNKNOWN: 'The node was never met, and a setting wants its host key approved first: see `trustHostKey`.',
  ADDRESS_REFUSED:
    'Its address is in none of the networks in which nodes may be. It is not tried again until it changes.',
  UNSUPPORTED: 'The node lacks what the gateway needs there; the message names it.',
});

export const DriverChoice = words<Choice>('DriverChoice', 'How processes are to be run on a node.', {
  AUTO: 'By systemd where the node has what that takes, by keepers where not: looked at whenever a link is made.',
  KEEPER: 'As children of keepers, also where systemd would do.',
  SYSTEMD: 'As units of systemd. Where that cannot be, starts fail with NOT_KEPT and name what is missing.',
});

export const RunDriver = words<Driver>('RunDriver', 'How processes are started on a node.', {
  KEEPER:
    'As children of keepers, which are shell scripts. Works on any node; a process that leaves its session and group and clears its environment escapes a stop.',
  SYSTEMD:
    "As units of the user's systemd, each run by its keeper: a stop ends all that is in the cgroup, which nothing can leave, and signals are told exactly.",
});

export const LogLevel = words<Level>('LogLevel', 'How much a service logs.', {
  TRACE: 'Each step.',
  DEBUG: 'What helps to find a mistake.',
  INFO: 'What it does.',
  WARN: 'What may be wrong. Kept as given, beside WARNING.',
  WARNING: 'What may be wrong, in the other spelling.',
  ERROR: 'What went wrong.',
  FATAL: 'What ended it.',
});

export const RestartPolicy = words<Policy>(
  'RestartPolicy',
  'When the node starts a process again by itself, with growing pauses.',
  {
    NEVER: 'Never.',
    ON_FAILURE: 'After an exit code other than 0, or a signal.',
    ALWAYS: 'After every exit that nobody asked for.',
  },
);

export const DesiredState = words<Desired>('DesiredState', 'What is wanted of a process.', {
  RUNNING: 'That it runs.',
  STOPPED: 'That it does not.',
});

export const ProcessStatus = words<Status>(
  'ProcessStatus',
  'What was seen of a process, in the words of supervisord.',
  {
    STOPPED: 'It was stopped on request, or never started.',
    STARTING: 'A start is under way.',
    RUNNING: 'It runs.',
    BACKOFF: 'It ended, and the node will start it again after a pause.',
    STOPPING: 'A stop is under way.',
    EXITED: 'It ended by itself.',
    FATAL: 'It ended so often that the node gave up.',
    UNKNOWN: 'Nobody could look. It may run or not.',
  },
);

export const HealthState = words<Health>('HealthState', 'What its node saw of the health of a process.', {
  HEALTHY: 'It runs, and looking at it went well as often in a row as its health check wants.',
  UNHEALTHY: 'It runs, and looking at it failed as often in a row as its health check allows. It is left running.',
  UNKNOWN: 'Nobody could look, or not often enough yet.',
  NOT_CHECKED: 'It has no health check, or it does not run.',
});

export const HealthCheckKind = words<CheckKind>('HealthCheckKind', 'What a health check looks at.', {
  NONE: 'Nothing, whatever the type says.',
  TCP: 'Whether a port takes connections.',
  HTTP: 'The status of the answer to a GET.',
  COMMAND: 'The exit code of a command on the node.',
});

export const StatusReason = words<Reason>('StatusReason', 'What led to a status.', {
  NEVER_STARTED: 'It was created, and never started.',
  START_REQUESTED: 'Somebody asked for its start.',
  START_FAILED: 'Its start failed before it ran.',
  STARTED: 'It was started on request.',
  RESTARTING: 'Its node starts it again, by the restart policy.',
  RESTARTED: 'Its node started it again, by the restart policy.',
  STOP_REQUESTED: 'Somebody asked for its stop.',
  STOPPED_ON_REQUEST: 'It went down because somebody asked for it.',
  EXIT_CODE: 'It ended by itself, with the exit code.',
  SIGNAL: 'It was ended by the signal.',
  NODE_REBOOTED: 'Its node was rebooted while it ran.',
  EXIT_UNKNOWN: 'It is gone, and nobody saw how it ended.',
  RESTART_LIMIT: 'It ended more often than its service allows, and its node gave up.',
  NODE_NOT_CONNECTED: 'There is no link to its node.',
  NOT_ON_NODE: 'Its node has no record of it.',
  GATEWAY_RESTARTED: 'The gateway was started, and has not yet looked.',
  DELETED: 'It was deleted; the last that is heard of it.',
});

export const OperationKind = words<Kind>('OperationKind', 'What an operation does.', {
  START: 'Starts what does not run.',
  STOP: 'Stops what runs.',
  RESTART: 'Stops what runs, and starts all.',
  ROLLING_RESTART: 'Restarts what is wanted running, batch by batch.',
});

export const OperationState = words<State>('OperationState', 'How far an operation has come.', {
  QUEUED: 'Stored, not yet begun.',
  RUNNING: 'Under way. It goes on also if nobody waits for it, and after a restart of the gateway.',
  SUCCEEDED: 'Every process reached the state that was asked for.',
  PARTIALLY_FAILED: 'Some did, some did not: see the steps.',
  FAILED: 'None did: see the steps.',
  CANCELLED: 'It was cancelled before all of its steps had begun: see the steps.',
});

export const SupervisorMode = words<Uppercase<Mode>>('SupervisorMode', 'What the supervisor does about differences.', {
  ON: 'It puts them right.',
  OBSERVE: 'It tells of them, here and in the log, and leaves them as they are.',
});

export const Remedy = words<'START' | 'STOP'>('Remedy', 'What would put a process right.', {
  START: 'It should run, and does not.',
  STOP: 'It should not run, and does.',
});

export const OnFailure = words<Next>('OnFailure', 'What a rolling restart does after a step that failed.', {
  HALT: 'It goes no further: what was not begun is SKIPPED, with the reason HALTED.',
  CONTINUE: 'It goes on, and tries all.',
});

export const OperationTarget = words<Target>('OperationTarget', 'What kind of thing an operation was asked for.', {
  INSTANCE: 'All services of an instance.',
  NODE: 'All processes on a node.',
  SERVICE: 'All processes of a service.',
  PROCESS: 'One process.',
});

export const StepState = words<Step>('StepState', 'How far a step has come.', {
  QUEUED: 'Not yet begun.',
  RUNNING: 'Under way.',
  SUCCEEDED: 'The process reached the state that was asked for.',
  FAILED: 'It did not; `reason` and `message` say why.',
  CANCELLED: 'Its operation was cancelled before it began: nothing was done.',
  SKIPPED:
    'Of a rolling restart: its process was not wanted running any longer, or somebody else took it over (SUPERSEDED), or it is no more (PROCESS_DELETED); or the restart was halted before this (HALTED).',
});
