// An integration as `/1.0` shows it: the parts of its definition beside its id.
import type { PlatformIntegrationFragment } from '../generated/documents.ts';

export function integration({ id, type, display, definition }: PlatformIntegrationFragment) {
  const { schema, endpoint, listener } = definition;
  // What is undefined is left out of JSON.
  return { id, type, display: display ?? undefined, schema, endpoint, listener };
}
