// What the fleet says and is told: targets, connections, observations, and the one error class that leaves this layer.
import type { Secret } from '../secret.ts';

/** A host key as OpenSSH prints it: type `ssh-ed25519`, fingerprint `SHA256:…` without padding. */
export interface HostKey {
  readonly type: string;
  readonly fingerprint: string;
}

/** Where a node was reached. */
export type Place = Pick<NodeTarget, 'host' | 'port'>;

/** Where a node is and how to log in. `hostKeys` empty means first contact: the key that is met gets pinned. */
export interface NodeTarget {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password?: Secret | undefined;
  readonly privateKey?: Secret | undefined;
  readonly passphrase?: Secret | undefined;
  readonly hostKeys: readonly HostKey[];
  /** Fingerprints of keys that it must never show, whatever else is said of them. */
  readonly revokedHostKeys?: readonly string[];
  /** How processes are to be run there; default AUTO. */
  readonly driver?: DriverChoice;
}

/** AUTO: as units of systemd where the node has what that takes, as children of keepers where not. */
export type DriverChoice = 'AUTO' | 'KEEPER' | 'SYSTEMD';
export type RunDriver = 'KEEPER' | 'SYSTEMD';

/** What a node said of itself. Texts are printable and short; null where it said nothing. */
export interface NodeFacts {
  /** How processes are started there; null: not at all. */
  readonly driver: RunDriver | null;
  /** Why so, as a sentence for a person. */
  readonly driverReason: string;
  /** `uname -srm`. */
  readonly kernel: string | null;
  /** The program that interprets the keeper. */
  readonly shell: string | null;
  /** The node's first process. */
  readonly init: string | null;
}

/**
 * Why something about a node failed.
 * The connection: ADDRESS_REFUSED … CLOSED. The machine, once reached: UNSUPPORTED (no usable sh or /proc), LOCKED, DISK_FULL, NOT_KEPT (the
 * way of running processes that the node is set to cannot be had there, or what is started would end at log-out).
 * The process: COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE, WORKING_DIRECTORY, EXITED (ended before it was seen running), STUCK
 * (it does not go down), NOT_STOPPED (only a stopped process is removed). BAD_REQUEST is refused before a byte leaves.
 * An artifact: NO_SFTP (the node has none), ARTIFACT_UNUSABLE (not there, or not fit to be sent), ARTIFACT_CHANGED (the version is no
 * longer there, or was written while it was read), ARTIFACT_REFUSED (the node would not have it).
 * LOST and TIMEOUT of a request leave its outcome unknown: ask again.
 */
export type FailureReason =
  | 'ADDRESS_REFUSED'
  | 'REFUSED'
  | 'TIMEOUT'
  | 'NAME_NOT_FOUND'
  | 'UNREACHABLE'
  | 'RESET'
  | 'AUTHENTICATION'
  | 'HOST_KEY_CHANGED'
  | 'HOST_KEY_UNKNOWN'
  | 'HOST_KEY_REVOKED'
  | 'NOT_SSH'
  | 'UNSUPPORTED'
  | 'LOST'
  | 'CLOSED'
  | 'BAD_CREDENTIAL'
  | 'PIN_FAILED'
  | 'COMMAND_NOT_FOUND'
  | 'COMMAND_NOT_EXECUTABLE'
  | 'WORKING_DIRECTORY'
  | 'EXITED'
  | 'DISK_FULL'
  | 'NOT_KEPT'
  | 'LOCKED'
  | 'STUCK'
  | 'NOT_STOPPED'
  | 'BAD_REQUEST'
  | 'NO_SFTP'
  | 'ARTIFACT_UNUSABLE'
  | 'ARTIFACT_CHANGED'
  | 'ARTIFACT_REFUSED'
  | 'FAILED';

/** An expected failure of the fleet. The message says what a person can do, and never contains a secret. */
export class FleetError extends Error {
  override readonly name = 'FleetError';

  constructor(
    readonly reason: FailureReason,
    message: string,
    /** Set for EXITED and its relatives: how the process ended. */
    readonly exitCode?: number,
  ) {
    super(message);
  }
}

export type ConnectionState =
  | 'CONNECTING'
  | 'CONNECTED'
  | 'UNREACHABLE'
  | 'AUTH_FAILED'
  | 'HOST_KEY_CHANGED'
  | 'HOST_KEY_UNKNOWN'
  | 'ADDRESS_REFUSED'
  | 'UNSUPPORTED';

/** The link to one watched node. `reason` and `message` are there whenever the state is a failure. */
export interface Connection {
  readonly nodeId: string;
  readonly state: ConnectionState;
  readonly since: Date;
  readonly reason?: FailureReason;
  readonly message?: string;
  /** The kernel's boot id of the node, known while CONNECTED. */
  readonly bootId?: string;
  /** Attempts that have failed since the link was last up, or the node last changed. */
  readonly attempts: number;
  /** When it is tried next; without it nobody tries until the node changes or somebody asks. */
  readonly nextAttemptAt?: Date;
  /** The latest failure, also after the link came back. */
  readonly lastFailure?: { readonly reason: FailureReason; readonly message: string; readonly at: Date };
  /** What the node says of itself, known while CONNECTED. */
  readonly facts?: NodeFacts;
}

/**
 * EXITED went down by itself, FATAL so often that its keeper gave up, STOPPED was asked to (or never ran), LOST ran once and
 * nobody saw its end.
 */
export type ObservedState = 'STOPPED' | 'STARTING' | 'RUNNING' | 'BACKOFF' | 'EXITED' | 'FATAL' | 'LOST';

/** What the node said of one process. */
export interface Observation {
  readonly processId: string;
  readonly state: ObservedState;
  readonly pid?: number;
  /** When this run of it started, by the node's clocks mapped to ours; about a second exact. */
  readonly startedAt?: Date;
  /** When this run ended, in the same way; also when nobody was connected at the time. */
  readonly endedAt?: Date;
  readonly exitCode?: number;
  /** The signal, as in SIGKILL: as systemd says it, or the likely one for a code above 128, for sh cannot tell `exit 137` from signal 9. */
  readonly signal?: string;
  /** It went down because a stop asked for it. */
  readonly asked?: boolean;
  /** How often its keeper started it again since it was last asked to start. */
  readonly restarts?: number;
  /** When its keeper will start it again: while it is in BACKOFF, and once that is decided. */
  readonly nextAttemptAt?: Date;
  readonly lost?: 'REBOOT' | 'UNKNOWN';
  /** In a snapshot: it was seen before a request that has been answered since, and says nothing about now. */
  readonly isOld?: boolean;
  /** While it runs: what was seen of its health; null if nobody looks at it. Left out where the node does not say. */
  readonly health?: HealthObservation | null;
  /** When the gateway heard it. */
  readonly at: Date;
}

export type RestartPolicy = 'NEVER' | 'ON_FAILURE' | 'ALWAYS';

/** How a keeper starts a process again. Milliseconds from 0 to a day, unless said. */
export interface RestartPace {
  /** The first wait, at least 1. */
  readonly initialDelayMs: number;
  /** By how much each wait is longer than the one before: 1 to 10, in hundredths. */
  readonly factor: number;
  /** The longest wait. */
  readonly maxDelayMs: number;
  /** 0 to 1: up to this share of a wait is left out, at random. */
  readonly jitter: number;
  /** A run that lasted so long makes the next wait the first one again. */
  readonly resetAfterMs: number;
  /** So many restarts within the window and no more: 0 (no limit) to 1000. */
  readonly limit: number;
  /** 0: since the start. */
  readonly windowMs: number;
}

/** UNKNOWN: it was not (yet) looked at often enough, or nobody can look. */
export type HealthState = 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN';

/** What a node saw of the health of a process. */
export interface HealthObservation {
  readonly state: HealthState;
  /** Since when, by the node's clocks mapped to ours. */
  readonly since: Date;
  /** One sentence for a person: why. Nothing where there is nothing to say. */
  readonly message?: string;
}

/** What a node looks at. Host and port are as seen from the node; an HTTP status from `statusFrom` to `statusTo` is well. */
export type HealthProbe =
  | { readonly kind: 'TCP'; readonly host: string; readonly port: number }
  | {
      readonly kind: 'HTTP';
      readonly host: string;
      readonly port: number;
      /** Begins with a slash; printable ASCII. */
      readonly path: string;
      readonly statusFrom: number;
      readonly statusTo: number;
    }
  /** Exit code 0 is well. */
  | { readonly kind: 'COMMAND'; readonly command: readonly string[] };

/** How a node looks at a process while it runs: one look after the other, never two at once. */
export interface HealthCheck {
  readonly probe: HealthProbe;
  /** From the end of a look to the next: 1 s to a day. */
  readonly intervalMs: number;
  /** A look that takes longer is ended and has failed: 0.1 s to a minute. */
  readonly timeoutMs: number;
  /** So many looks in a row that went well make it HEALTHY: 1 to 100. */
  readonly healthyThreshold: number;
  /** So many in a row that failed make it UNHEALTHY: 1 to 100. */
  readonly unhealthyThreshold: number;
  /** What fails so long after the start of a run that has not been HEALTHY is not counted: up to an hour. */
  readonly startPeriodMs: number;
}

/** What to run: words, never a shell line. No value may hold a NUL. */
export interface ProcessSpec {
  readonly command: readonly string[];
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly restart: RestartPolicy;
  /** The keeper's own pace if not given: 1 s, doubled up to 60 s, reset after 60 s, no limit. */
  readonly pace?: RestartPace;
  /** Not looked at if not given. */
  readonly health?: HealthCheck;
}

export type StopSignal = 'TERM' | 'INT' | 'QUIT' | 'HUP' | 'USR1' | 'USR2' | 'KILL';

export interface StartResult {
  readonly outcome: 'STARTED' | 'ALREADY';
  readonly pid: number;
}

export interface StopOptions {
  /** Default TERM. */
  readonly signal?: StopSignal;
  /** Milliseconds from the signal to KILL. */
  readonly graceMs: number;
  /** Milliseconds until the answer is given up, waiting for a link included; should be well above graceMs. */
  readonly timeoutMs: number;
}

export interface StopResult {
  readonly exitCode?: number;
  readonly signal?: string;
}

/** Whoever wants to know. Calls arrive in the node's order; a throwing listener is logged and does not break the link. */
export interface FleetListener {
  /** First contact: awaited before any credential is sent. A rejection refuses the connection, with its reason if it is a FleetError. */
  pin(nodeId: string, keys: readonly HostKey[], at: Place): Promise<void>;
  /**
   * The node has proven that it has these keys, the one that it showed among them: all that it may show from now on. `at` is where it was
   * reached.
   */
  proven(nodeId: string, keys: readonly HostKey[], at: Place): Promise<void>;
  /** Every change of a watched node's link. */
  connection(connection: Connection): void;
  /** Another attempt has failed as the one before: nothing has changed but the numbers. */
  tried(connection: Connection): void;
  /** The smoothed round trip to a connected node, in milliseconds; every few seconds. */
  measured(nodeId: string, latencyMs: number): void;
  /** The whole truth about a node: after connecting and whenever the node says so. */
  snapshot(nodeId: string, all: readonly Observation[]): void;
  /** One pushed change. */
  observed(nodeId: string, observation: Observation): void;
}

export interface PingResult {
  readonly reachable: boolean;
  readonly reason?: FailureReason;
  /** One sentence for a person. */
  readonly message: string;
  /** Milliseconds of one round trip on the ready connection. */
  readonly latencyMs?: number;
  /** The key that the server showed, also when it is not the pinned one; empty when none was seen. */
  readonly hostKeys: HostKey[];
  /** `uname -srm` of the node. */
  readonly system?: string;
}
