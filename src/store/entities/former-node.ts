// A node that was deleted while something ran on it that could not be stopped: how to reach it until that is done.
import { defineEntity, p } from '@mikro-orm/core';
import { json, text, word } from './columns.ts';
import type { DriverChoice } from './node.ts';

const schema = defineEntity({
  name: 'FormerNode',
  tableName: 'former_node',
  properties: {
    // The number that the node had, which is never given again: what was sealed to the node opens here, and nowhere else.
    id: p.integer().primary().autoincrement(false),
    ipAddress: text(),
    port: p.integer(),
    username: text(),
    passwordSealed: text().nullable().hidden(),
    privateKeySealed: text().nullable().hidden(),
    passphraseSealed: text().nullable().hidden(),
    driver: word<DriverChoice>(),
    hostKeys: json(),
    revokedHostKeys: json(),
  },
});

export class FormerNode extends schema.class {}
schema.setClass(FormerNode);
