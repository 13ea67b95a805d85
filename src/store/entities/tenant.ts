// A tenant: a virtual partition, for each client organisation, of at most one instance.
import { defineEntity, p } from '@mikro-orm/core';
import { lifespan, text } from './columns.ts';
import { Instance } from './instance.ts';

const schema = defineEntity({
  name: 'Tenant',
  tableName: 'tenant',
  properties: {
    id: text().primary(),
    name: text(),
    rateLimit: p.integer().nullable(),
    ...lifespan(),
    instance: () => p.manyToOne(Instance).ref().nullable().deleteRule('set null'),
  },
});

export class Tenant extends schema.class {}
schema.setClass(Tenant);
