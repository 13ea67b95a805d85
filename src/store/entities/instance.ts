// An instance: one physical collection of services, which serves many tenants.
import { defineEntity, p } from '@mikro-orm/core';
import { json, lifespan, text } from './columns.ts';

const schema = defineEntity({
  name: 'Instance',
  tableName: 'instance',
  properties: {
    // Autoincrement, not a bare rowid: a number is never given twice, also after a delete.
    id: p.integer().primary().autoincrement(),
    name: text(),
    description: text().nullable(),
    zk: text().nullable(),
    redis: text().nullable(),
    auth: text().nullable(),
    api: text().nullable(),
    events: text().nullable(),
    stats: json().nullable(),
    instanceCode: text().nullable(),
    groupCode: text().nullable(),
    subGroupCode: text().nullable(),
    isActive: p.boolean().default(true),
    isDeploymentTarget: p.boolean().default(true),
    environments: json().default('[]'),
    workflows: json().default('[]'),
    plugins: json().default('[]'),
    ...lifespan(),
  },
});

export class Instance extends schema.class {}
schema.setClass(Instance);
