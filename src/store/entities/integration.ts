// An integration: the definition of an outside system that tenants may use.
import { defineEntity, p } from '@mikro-orm/core';
import { json, lifespan, text } from './columns.ts';
import { Tenant } from './tenant.ts';

const schema = defineEntity({
  name: 'Integration',
  tableName: 'integration',
  properties: {
    id: text().primary(),
    displayName: text().nullable(),
    definition: json().default('{}'),
    ...lifespan(),
    tenants: () => p.manyToMany(Tenant).owner().pivotTable('integration_tenant'),
  },
});

export class Integration extends schema.class {}
schema.setClass(Integration);
