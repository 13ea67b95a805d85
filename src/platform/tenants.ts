// Tenants, and what they belong to: at most one instance, many users, many integrations.
import { z } from 'zod';
import { badInput } from '../errors.ts';
import { Instance } from '../store/entities/instance.ts';
import { Integration } from '../store/entities/integration.ts';
import { Tenant } from '../store/entities/tenant.ts';
import { User } from '../store/entities/user.ts';
import { settle } from './answers.ts';
import { check, givenId, line } from './check.ts';
import type { Platform } from './platform.ts';
import { expectFree, expectVersion, find, given } from './records.ts';

const TENANT = z.object({
  id: givenId(),
  name: line(),
  rateLimit: z.number().int().nonnegative('must not be negative').nullish(),
});
const CHANGES = TENANT.omit({ id: true }).partial();

export async function createTenant({ store }: Platform, input: unknown): Promise<string> {
  const data = check(TENANT, input);
  return store.write(async (em) => {
    await expectFree(em, Tenant, data.id, 'input.id');
    em.create(Tenant, given(data) as never);
    await settle(em, { tenant: data.id });
    return data.id;
  });
}

export async function updateTenant(
  { store }: Platform,
  id: string,
  input: unknown,
  ifVersion?: number | null,
): Promise<string> {
  const changes = given(check(CHANGES, input));
  return store.write(async (em) => {
    const tenant = await find(em, Tenant, id);
    expectVersion(tenant, 'tenant', ifVersion);
    em.assign(tenant, changes as never);
    await settle(em, { tenant: id });
    return id;
  });
}

export async function deleteTenant({ store }: Platform, id: string): Promise<string> {
  return store.write(async (em) => {
    em.remove(await find(em, Tenant, id));
    await settle(em, { id });
    return id;
  });
}

/** An upsert: a tenant has at most one instance, so this takes it from the one it had. */
export async function addTenantToInstance({ store }: Platform, tenantId: string, instanceId: string): Promise<string> {
  return store.write(async (em) => {
    const tenant = await find(em, Tenant, tenantId, 'tenant');
    const instance = await find(em, Instance, instanceId, 'instance');
    em.assign(tenant, { instance });
    await settle(em, { tenant: tenantId, instance: instanceId });
    return tenantId;
  });
}

/** With an instance given, refuses unless the tenant is on that one. Does nothing for a tenant on none. */
export async function removeTenantFromInstance(
  { store }: Platform,
  tenantId: string,
  instanceId?: string | null,
): Promise<string> {
  return store.write(async (em) => {
    const tenant = await find(em, Tenant, tenantId, 'tenant');
    if (instanceId != null) {
      const instance = await find(em, Instance, instanceId, 'instance');
      if (tenant.instance?.id !== instance.id)
        throw badInput(`Tenant ${tenantId} is not on instance ${instanceId}.`, 'instance');
    }
    em.assign(tenant, { instance: null });
    await settle(em, { tenant: tenantId, instance: null });
    return tenantId;
  });
}

/** Adding what is there already, or removing what is not there, changes nothing. */
export async function setUserOfTenant(
  { store }: Platform,
  email: string,
  tenantId: string,
  member: boolean,
): Promise<void> {
  await store.write(async (em) => {
    const user = await find(em, User, email, 'user');
    const tenant = await find(em, Tenant, tenantId, 'tenant');
    await user.tenants.init();
    if (member) user.tenants.add(tenant);
    else user.tenants.remove(tenant);
    await settle(em, { user: email, tenant: tenantId });
  });
}

/** As for users. */
export async function setIntegrationOfTenant(
  { store }: Platform,
  integrationId: string,
  tenantId: string,
  active: boolean,
): Promise<void> {
  await store.write(async (em) => {
    const integration = await find(em, Integration, integrationId, 'integration');
    const tenant = await find(em, Tenant, tenantId, 'tenant');
    await integration.tenants.init();
    if (active) integration.tenants.add(tenant);
    else integration.tenants.remove(tenant);
    await settle(em, { integration: integrationId, tenant: tenantId });
  });
}
