// What every resolver is handed.
import type { Actor } from '../platform/actor.ts';
import type { Platform } from '../platform/platform.ts';

export interface Context {
  readonly platform: Platform;
  readonly actor: Actor;
  /** Where the request comes from. */
  readonly address: string;
  /** Of one request: what is the same as before in it. */
  readonly repeat?: Repeat;
}

export interface Repeat {
  /** For mutations that give no `idempotencyKey` of their own. */
  readonly key?: string | undefined;
  /** Only kept answers are wanted: NOT_FOUND where there is none. */
  readonly isRecall?: boolean;
  /** Keys in the answer of the mutations that were not done again. */
  readonly replayed: string[];
}

/** The context of one request. */
export const forRequest = (context: Context, repeat: Omit<Repeat, 'replayed'> = {}): Context => ({
  ...context,
  repeat: { ...repeat, replayed: [] },
});

export const countReplay = ({ repeat }: Context, field: string): void => void repeat?.replayed.push(field);

/** What an answer says of itself where a part of it was given before. */
export function replayExtensions({ repeat }: Context): { extensions: Record<string, unknown> } | undefined {
  return repeat?.replayed.length ? { extensions: { idempotencyReplayed: repeat.replayed } } : undefined;
}
