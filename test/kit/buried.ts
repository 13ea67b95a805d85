// A tombstone of a process that never was, for tests of what becomes of tombstones.
import { randomUUID } from 'node:crypto';
import { Tombstone } from '../../src/store/entities/tombstone.ts';
import type { TestGateway } from './gateway.ts';

const NAMES = { serviceName: 'service', nodeName: 'node', actor: 'admin' };
const AT = { instanceId: 'IN1', serviceId: 'SV1', nodeId: 'ND999' };

/** Answers with its id. */
export async function buriedProcess({ platform }: Pick<TestGateway, 'platform'>, more: object = {}): Promise<string> {
  const id = randomUUID();
  await platform.store.write(async (em) => {
    em.create(Tombstone, { id, ...NAMES, ...AT, expiresAt: '9999-01-01T00:00:00.000Z', ...more } as never);
  });
  return id;
}
