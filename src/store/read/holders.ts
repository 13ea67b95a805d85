// Who holds a token: read at every request, so it is one prepared statement on the reading connection.
import type { Role } from '../entities/user.ts';
import type { Reader } from './reader.ts';

export interface Holder {
  readonly digest: string;
  readonly tokenRole: Role;
  readonly expiresAt: string;
  readonly email: string;
  readonly role: Role;
}

const HOLDER = `select json_object('digest', t.digest, 'tokenRole', t.role, 'expiresAt', t.expires_at, 'email', u.email, 'role', u.role)
  from token t join user u on u.email = t.user_email where t.id = ?`;

/** Undefined for a token that is not, or no longer, there. */
export function holderOf(reader: Reader, token: string): Holder | undefined {
  const found = reader.get(HOLDER, [token]);
  return found === undefined ? undefined : JSON.parse(found as string);
}

const ACCOUNT = `select json_object('passwordHash', password_hash, 'role', role) from user where email = ?`;

export interface Account {
  readonly passwordHash: string;
  readonly role: Role;
}

export function accountOf(reader: Reader, email: string): Account | undefined {
  const found = reader.get(ACCOUNT, [email]);
  return found === undefined ? undefined : JSON.parse(found as string);
}

export const hasAdmin = (reader: Reader): boolean =>
  reader.get(`select 1 from user where role = 'ADMIN' limit 1`, []) === 1;
