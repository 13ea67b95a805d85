// The gateway's link to a node, as it stands: a row of its own, so that what happens on the network is no write of the node.
import { defineEntity, p } from '@mikro-orm/core';
import { instant, text, word } from './columns.ts';
import { Node } from './node.ts';

export const LINK_STATES = [
  'CONNECTING',
  'CONNECTED',
  'UNREACHABLE',
  'AUTH_FAILED',
  'HOST_KEY_CHANGED',
  'HOST_KEY_UNKNOWN',
  'ADDRESS_REFUSED',
  'UNSUPPORTED',
] as const;
export type LinkState = (typeof LINK_STATES)[number];

export const RUN_DRIVERS = ['KEEPER', 'SYSTEMD'] as const;
export type RunDriver = (typeof RUN_DRIVERS)[number];

const schema = defineEntity({
  name: 'NodeLink',
  tableName: 'node_link',
  properties: {
    id: p.integer().primary().autoincrement(),
    state: word<LinkState>(),
    since: instant(),
    reason: text().nullable(),
    message: text().nullable(),
    // Attempts that have failed since it was last up.
    attempts: p.integer().default(0),
    nextAttemptAt: instant().nullable(),
    latencyMs: p.float().nullable(),
    // The latest failure, also after the link came back.
    lastErrorReason: text().nullable(),
    lastError: text().nullable(),
    lastErrorAt: instant().nullable(),
    // What the node said at the last hello; null before the first one.
    driver: word<RunDriver>().nullable(),
    driverReason: text().nullable(),
    kernel: text().nullable(),
    shell: text().nullable(),
    init: text().nullable(),
    node: () => p.manyToOne(Node).ref().unique().index(false).deleteRule('cascade'),
  },
});

export class NodeLink extends schema.class {}
schema.setClass(NodeLink);
