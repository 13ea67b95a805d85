// All audits, by document, in the order in which they run.
import type { Audit } from './audit.ts';
import { ERROR_RULES } from './platform/error-rules.ts';
import { INSTANCE_EXAMPLES } from './platform/instance-examples.ts';
import { ITEM_RULES } from './platform/item-rules.ts';
import { NODE_EXAMPLES } from './platform/node-examples.ts';
import { RUNNING_EXAMPLES } from './platform/running-examples.ts';
import { SERVICE_RULES } from './platform/service-rules.ts';
import { TENANT_EXAMPLES } from './platform/tenant-examples.ts';
import { USER_EXAMPLES } from './platform/user-examples.ts';
import { TOPOLOGY_EXAMPLES } from './topology/examples.ts';
import { TOPOLOGY_RULES } from './topology/rules.ts';

export const DOCUMENTS: Readonly<Record<string, readonly Audit[]>> = {
  'Platform API 1.0': [
    ...INSTANCE_EXAMPLES,
    ...TENANT_EXAMPLES,
    ...USER_EXAMPLES,
    ...NODE_EXAMPLES,
    ...RUNNING_EXAMPLES,
    ...ERROR_RULES,
    ...ITEM_RULES,
    ...SERVICE_RULES,
  ],
  'FlexDeploy topology': [...TOPOLOGY_EXAMPLES, ...TOPOLOGY_RULES],
};
