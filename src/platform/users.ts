// Users: people and programs with access to tenants. Passwords are hashed before they reach the store.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { badInput } from '../errors.ts';
import { Secret } from '../secret.ts';
import { Tenant } from '../store/entities/tenant.ts';
import { Token } from '../store/entities/token.ts';
import { ROLES, User } from '../store/entities/user.ts';
import { hashPassword } from '../store/passwords.ts';
import type { EntityManager } from '../store/store.ts';
import { settle } from './answers.ts';
import { check, email, line, secret } from './check.ts';
import type { Platform } from './platform.ts';
import { expectFree, expectVersion, find, given, removeAll } from './records.ts';

// scrypt reads it all: a bound keeps a login from being work for minutes.
const MAX_PASSWORD = 1024;
const MAX_TENANTS = 1000;

const USER = z.object({
  email: email(),
  name: line(),
  password: secret(MAX_PASSWORD),
  role: z.enum(ROLES).default('VIEWER'),
  tenants: z.array(z.string()).max(MAX_TENANTS).optional(),
});
const CHANGES = z.object({
  name: line().optional(),
  password: secret(MAX_PASSWORD).optional(),
  role: z.enum(ROLES).optional(),
  tenants: z.array(z.string()).max(MAX_TENANTS).optional(),
});

export async function createUser({ store }: Platform, input: unknown): Promise<string> {
  const { password, tenants, ...data } = check(USER, input);
  const passwordHash = await hashPassword(new Secret(password));
  return store.write(async (em) => {
    await expectFree(em, User, data.email, 'input.email');
    const user = em.create(User, { ...data, passwordHash, clientId: newClientId() } as never) as User;
    user.tenants.set(await findTenants(em, tenants ?? []));
    await settle(em, { user: data.email });
    return data.email;
  });
}

/** `tenants`, when given, replaces all the tenants of the user. */
export async function updateUser(
  { store, bus }: Platform,
  id: string,
  input: unknown,
  ifVersion?: number | null,
): Promise<string> {
  const { password, tenants, ...changes } = check(CHANGES, input);
  const hashed: { passwordHash?: string } =
    password === undefined ? {} : { passwordHash: await hashPassword(new Secret(password)) };
  await store.write(async (em) => {
    const user = await find(em, User, id, 'email');
    expectVersion(user, 'user', ifVersion);
    // Whoever knew the old password, or holds what was made with it, has to log in anew.
    if (hashed.passwordHash) await removeAll(em, Token, { user: id });
    em.assign(user, { ...given(changes), ...hashed } as never);
    if (tenants) {
      await user.tenants.init();
      user.tenants.set(await findTenants(em, tenants));
    }
    await settle(em, { user: id });
  });
  bus.publish('accessChange', id);
  return id;
}

export async function deleteUser({ store, bus }: Platform, id: string): Promise<string> {
  await store.write(async (em) => {
    const user = await find(em, User, id, 'email');
    await removeAll(em, Token, { user: id });
    em.remove(user);
    await settle(em, { id });
  });
  bus.publish('accessChange', id);
  return id;
}

async function findTenants(em: EntityManager, ids: readonly string[]): Promise<Tenant[]> {
  const wanted = [...new Set(ids)];
  const found = await em.find(Tenant, { id: { $in: wanted } });
  const missing = wanted.find((id) => !found.some((tenant) => tenant.id === id));
  if (missing !== undefined) throw badInput(`There is no tenant ${JSON.stringify(missing)}.`, 'input.tenants');
  return found;
}

// A public name of the user for programs, not a secret that opens anything.
const newClientId = () => randomBytes(32).toString('base64');
