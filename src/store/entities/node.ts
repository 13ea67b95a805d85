// A node: a machine of an instance, reached by SSH. Its credentials are stored sealed.
import { defineEntity, p } from '@mikro-orm/core';
import { instant, json, lifespan, text, word } from './columns.ts';
import { Instance } from './instance.ts';

export const CREDENTIAL_KINDS = ['PASSWORD', 'PRIVATE_KEY'] as const;
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

/** How processes are run on a node: AUTO leaves it to what the node has. */
export const DRIVER_CHOICES = ['AUTO', 'KEEPER', 'SYSTEMD'] as const;
export type DriverChoice = (typeof DRIVER_CHOICES)[number];

const schema = defineEntity({
  name: 'Node',
  tableName: 'node',
  properties: {
    id: p.integer().primary().autoincrement(),
    name: text(),
    description: text().nullable(),
    status: p.boolean().default(true),
    // Whether anybody ever said so: a dialect shows a status only then.
    statusGiven: p.boolean().default(false),
    ipAddress: text(),
    port: p.integer().default(22),
    username: text(),
    driver: word<DriverChoice>().default('AUTO'),
    passwordSealed: text().nullable().hidden(),
    privateKeySealed: text().nullable().hidden(),
    passphraseSealed: text().nullable().hidden(),
    credentialKind: word<CredentialKind>(),
    credentialSetAt: instant().nullable(),
    hostKeys: json().default('[]'),
    // Fingerprints of keys that it must never show.
    revokedHostKeys: json().default('[]'),
    ...lifespan(),
    instance: () => p.manyToOne(Instance).ref().deleteRule('cascade'),
  },
});

export class Node extends schema.class {}
schema.setClass(Node);
