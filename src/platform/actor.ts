// Who asks for something.
import type { Role } from '../store/entities/user.ts';

/** The name stands in operations, status changes and events. */
export interface Actor {
  readonly name: string;
  /** Undefined for who has not said who they are: they may log in, and nothing else. */
  readonly role: Role | undefined;
  /** The e-mail of the user whose token it is; undefined for the gateway itself, and where access is open. */
  readonly user?: string;
  /** The id of the token that was shown. */
  readonly token?: string;
  /** When the token ends, in milliseconds since 1970. */
  readonly endsAt?: number;
}

/** The gateway itself, or whoever asks it where nobody has to say who they are. */
export const ofTheHouse = (name: string): Actor => ({ name, role: 'ADMIN' });

/** Who has shown nothing. */
export const NOBODY: Actor = { name: 'nobody', role: undefined };

/** Whose eyes reads are made with: undefined for who may see everything. */
export const viewerOf = ({ role, user }: Actor): string | undefined => (role === 'ADMIN' ? undefined : (user ?? ''));
