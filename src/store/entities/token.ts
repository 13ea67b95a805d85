// A token: what a user shows instead of a password. The token itself is not kept, only what proves it.
import { defineEntity, p } from '@mikro-orm/core';
import { instant, now, text, word } from './columns.ts';
import { type Role, User } from './user.ts';

const schema = defineEntity({
  name: 'Token',
  tableName: 'token',
  properties: {
    // The part of the token that says which one it is; no secret.
    id: text().primary(),
    name: text(),
    digest: text().hidden(),
    // At most this much of what the user may.
    role: word<Role>(),
    createdAt: instant().onCreate(now),
    expiresAt: instant(),
    lastUsedAt: instant().nullable(),
    user: () => p.manyToOne(User).ref().deleteRule('cascade').updateRule('cascade'),
  },
});

export class Token extends schema.class {}
schema.setClass(Token);
