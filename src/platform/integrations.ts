// Integrations: definitions of outside systems, which tenants are given access to.
import { z } from 'zod';
import { Integration } from '../store/entities/integration.ts';
import { settle } from './answers.ts';
import { check, givenId, jsonObject, line } from './check.ts';
import type { Platform } from './platform.ts';
import { expectFree, expectVersion, find, given } from './records.ts';

const INTEGRATION = z.object({
  id: givenId(),
  displayName: line().nullish(),
  definition: jsonObject().optional(),
});
const CHANGES = INTEGRATION.omit({ id: true }).partial().extend({ definitionChanges: jsonObject().nullish() });

export async function createIntegration({ store }: Platform, input: unknown): Promise<string> {
  const data = check(INTEGRATION, input);
  return store.write(async (em) => {
    await expectFree(em, Integration, data.id, 'input.id');
    em.create(Integration, given(data) as never);
    await settle(em, { integration: data.id });
    return data.id;
  });
}

export async function updateIntegration(
  { store }: Platform,
  id: string,
  input: unknown,
  ifVersion?: number | null,
): Promise<string> {
  const { definitionChanges, ...changes } = check(CHANGES, input);
  return store.write(async (em) => {
    const integration = await find(em, Integration, id);
    expectVersion(integration, 'integration', ifVersion);
    em.assign(integration, given(changes) as never);
    if (definitionChanges != null) integration.definition = merged(integration.definition, definitionChanges);
    await settle(em, { integration: id });
    return id;
  });
}

export async function deleteIntegration({ store }: Platform, id: string): Promise<string> {
  return store.write(async (em) => {
    em.remove(await find(em, Integration, id));
    await settle(em, { id });
    return id;
  });
}

/** One JSON object with the keys of another in place of its own; those that are null there are gone. */
function merged(definition: string, changes: string): string {
  const all = { ...JSON.parse(definition), ...JSON.parse(changes) };
  return JSON.stringify(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)));
}
