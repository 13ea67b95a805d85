// All audits, by document, in the order in which they run.
import type { Audit } from './audit.ts';
import { PLATFORM_EXAMPLES } from './platform-examples.ts';
import { PLATFORM_RULES } from './platform-rules.ts';
import { TOPOLOGY_AUDITS } from './topology-audits.ts';

export const DOCUMENTS: Readonly<Record<string, readonly Audit[]>> = {
  'Platform API 1.0': [...PLATFORM_EXAMPLES, ...PLATFORM_RULES],
  'FlexDeploy topology': TOPOLOGY_AUDITS,
};
