// A user: a person or program, known by e-mail, with access to tenants.
import { defineEntity, p } from '@mikro-orm/core';
import { lifespan, text, word } from './columns.ts';
import { Tenant } from './tenant.ts';

export const ROLES = ['ADMIN', 'OPERATOR', 'VIEWER'] as const;
export type Role = (typeof ROLES)[number];

const schema = defineEntity({
  name: 'User',
  tableName: 'user',
  properties: {
    email: text().primary(),
    name: text(),
    clientId: text().unique(),
    passwordHash: text().hidden(),
    role: word<Role>(),
    ...lifespan(),
    tenants: () => p.manyToMany(Tenant).owner().pivotTable('user_tenant'),
  },
});

export class User extends schema.class {}
schema.setClass(User);
