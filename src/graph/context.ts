// What every resolver is handed.
import type { Actor, Platform } from '../platform/platform.ts';

export interface Context {
  readonly platform: Platform;
  readonly actor: Actor;
}
