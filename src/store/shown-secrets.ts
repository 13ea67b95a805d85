// Stored passwords as a reader shows them: in clear, masked, or not at all. Only the dialects' documents ask for them.
import type { Keyring } from './keyring.ts';

/** How the passwords of nodes are shown where a document shows them. */
export const PASSWORD_DISPLAYS = ['clear', 'masked', 'omit'] as const;
export type PasswordDisplay = (typeof PASSWORD_DISPLAYS)[number];

export const PASSWORD_MASK = '********';

/** What is shown of a sealed value; `place` is where it is sealed to. Nothing is opened unless it is shown in clear. */
export type ShowSecret = (place: string, sealed: string | null) => string | null;

export function showSecrets(keyring: Keyring, display: PasswordDisplay): ShowSecret {
  return (place, sealed) => {
    if (sealed === null || display === 'omit') return null;
    return display === 'masked' ? PASSWORD_MASK : keyring.open(place, sealed).reveal();
  };
}
