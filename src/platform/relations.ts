// Relations that come and go with a transaction: those that it writes, those that a column holds, and those that end with one of their two.
import { isCounted, publicId } from '../store/ids.ts';
import type { NewEvent } from '../store/log/append.ts';
import type { Cause } from '../store/log/cause.ts';
import type { EntityChange, RelationChange } from '../store/log/changes.ts';
import type { Concerned } from '../store/log/concerned.ts';
import { TOLD } from './told.ts';

type Key = string | number;

/** What the database takes away by itself when this is deleted; to be asked before it is. */
export function endingWith(entity: string, key: Key, concerned: Concerned): RelationChange[] {
  const gone = (owner: string, ownerKey: Key, other: string, otherKey: Key): RelationChange => ({
    owner,
    ownerKey,
    other,
    otherKey,
    isAdded: false,
  });
  switch (entity) {
    case 'User':
      return concerned.find('tenantsOfUser', key).map((tenant) => gone('User', key, 'Tenant', tenant));
    case 'Integration':
      return concerned.find('tenantsOfIntegration', key).map((tenant) => gone('Integration', key, 'Tenant', tenant));
    case 'Tenant':
      return [
        ...concerned.find('usersOfTenant', key).map((user) => gone('User', user, 'Tenant', key)),
        ...concerned.find('integrationsOfTenant', key).map((one) => gone('Integration', one, 'Tenant', key)),
      ];
    case 'Instance':
      return concerned.find('tenantsOfInstance', key).map((tenant) => gone('Tenant', tenant, 'Instance', key));
    default:
      return [];
  }
}

/** Of the one relation that a column holds: a tenant's instance. */
export function heldByColumn({ entity, before, after }: EntityChange): RelationChange[] {
  if (entity !== 'Tenant') return [];
  const [was, is] = [before?.instance as Key | null | undefined, after?.instance as Key | null | undefined];
  if ((was ?? null) === (is ?? null)) return [];
  const base = { owner: 'Tenant', ownerKey: (after ?? before)?.id as string, other: 'Instance' };
  return [
    ...(was == null ? [] : [{ ...base, otherKey: was, isAdded: false }]),
    ...(is == null ? [] : [{ ...base, otherKey: is, isAdded: true }]),
  ];
}

/** Each once, however many ways it was found. */
export const distinct = (relations: readonly RelationChange[]): RelationChange[] => [
  ...new Map(
    relations.map((each) => [
      JSON.stringify([each.owner, each.ownerKey, each.other, each.otherKey, each.isAdded]),
      each,
    ]),
  ).values(),
];

export function relationEvent(relation: RelationChange, cause: Cause | undefined): NewEvent {
  const { owner, ownerKey, other, otherKey, isAdded } = relation;
  const tenant = owner === 'Tenant' ? ownerKey : otherKey;
  return {
    type: isAdded ? 'RELATION_ADDED' : 'RELATION_REMOVED',
    subjectType: subjectOf(owner),
    subjectId: shownKey(owner, ownerKey),
    relatedType: subjectOf(other),
    relatedId: shownKey(other, otherKey),
    instanceId: other === 'Instance' ? shownKey(other, otherKey) : undefined,
    // No other tenant of the instance or the user learns of it.
    tenants: [String(tenant)],
    actor: cause?.actor,
    operationId: cause?.operation,
  };
}

const subjectOf = (entity: string) => TOLD[entity]?.subject ?? 'GATEWAY';

export const shownKey = (entity: string, key: Key): string =>
  isCounted(entity) ? publicId(entity, key as number) : String(key);
