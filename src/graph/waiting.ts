// How long an answer may take that waits for an operation.
export const MAX_WAIT_MS = 10 * 60 * 1000;
