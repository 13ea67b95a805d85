// What every resolver is handed.
import type { Actor } from '../platform/actor.ts';
import type { Platform } from '../platform/platform.ts';

export interface Context {
  readonly platform: Platform;
  readonly actor: Actor;
  /** Where the request comes from. */
  readonly address: string;
}
