// Why a step of an operation did not reach its state.
import { type FailureReason, FleetError } from '../fleet/types.ts';

export type StepReason =
  | FailureReason
  | 'PROCESS_DELETED'
  | 'SUPERSEDED'
  | 'NOT_STARTABLE'
  | 'NODE_CLOSED'
  | 'EXITED_EARLY'
  | 'NOT_HEALTHY'
  | 'HEALTH_UNKNOWN'
  | 'NOT_RUNNING'
  | 'TOO_MANY_DOWN'
  | 'HALTED'
  | 'INTERNAL';

/** `reason` is for programs, the message for people. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';

  constructor(
    readonly reason: StepReason,
    message: string,
    /** There is no link to the node: what else is asked of it now will fail the same way. */
    readonly isNodeDown = false,
  ) {
    super(message);
  }
}

// Failures of making a link, and of the request itself: no byte about the process has gone to the node.
const NOTHING_SENT: ReadonlySet<string> = new Set<FailureReason>([
  'REFUSED',
  'NAME_NOT_FOUND',
  'UNREACHABLE',
  'RESET',
  'AUTHENTICATION',
  'BAD_CREDENTIAL',
  'HOST_KEY_CHANGED',
  'HOST_KEY_UNKNOWN',
  'HOST_KEY_REVOKED',
  'ADDRESS_REFUSED',
  'PIN_FAILED',
  'NOT_SSH',
  'UNSUPPORTED',
  'BAD_REQUEST',
]);

export const wasNothingSent = (failure: StepFailure): boolean => NOTHING_SENT.has(failure.reason);

const UNREACHABLE: ReadonlySet<string> = new Set<FailureReason>([
  'REFUSED',
  'TIMEOUT',
  'NAME_NOT_FOUND',
  'UNREACHABLE',
  'RESET',
  'AUTHENTICATION',
  'BAD_CREDENTIAL',
  'HOST_KEY_CHANGED',
  'HOST_KEY_UNKNOWN',
  'HOST_KEY_REVOKED',
  'ADDRESS_REFUSED',
  'PIN_FAILED',
  'NOT_SSH',
  'UNSUPPORTED',
  'LOST',
  'CLOSED',
]);

/** Whether a step failed because its node could not be spoken with. */
export const isUnreachable = (reason: string | null): boolean => reason !== null && UNREACHABLE.has(reason);

/** A failure of the fleet as one of the step; anything unexpected is thrown on. */
export function asStepFailure(error: unknown, isNodeDown: boolean): StepFailure {
  if (error instanceof StepFailure) return error;
  if (!(error instanceof FleetError)) throw error;
  // Whether it ended before or after the node said that it runs is a race of milliseconds.
  return new StepFailure(error.reason === 'EXITED' ? 'EXITED_EARLY' : error.reason, error.message, isNodeDown);
}
