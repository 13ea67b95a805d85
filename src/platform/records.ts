// Finding, guarding and changing records, the same way for every noun.
import { GantryError, notFound } from '../errors.ts';
import { keyOf } from '../store/ids.ts';
import type { EntityClass, EntityManager, FilterQuery } from '../store/store.ts';

/** The record with this public id. Throws NOT_FOUND that names the noun, the id, and the input field that gave it. */
export async function find<Entity extends object>(
  em: EntityManager,
  entity: EntityClass<Entity>,
  id: string,
  field = 'id',
): Promise<Entity> {
  const noun = entity.name;
  const found = await em.findOne(entity, keyOf(noun, id) as never);
  if (!found) throw notFound(noun.toLowerCase(), id, field);
  return found;
}

/** Deletes what matches, each told in the log. */
export async function removeAll<Entity extends object>(
  em: EntityManager,
  entity: EntityClass<Entity>,
  where: FilterQuery<Entity>,
): Promise<void> {
  for (const found of await em.find(entity, where as never)) em.remove(found);
}

/** Throws VERSION_CONFLICT unless the record is still at the version that the caller has seen. */
export function expectVersion(record: { version: number }, noun: string, ifVersion: number | null | undefined): void {
  if (ifVersion == null || ifVersion === record.version) return;
  throw new GantryError(
    'VERSION_CONFLICT',
    `This ${noun} is at version ${record.version}, not ${ifVersion}: somebody changed it. Read it again, then repeat your change.`,
    'ifVersion',
  );
}

/** Throws ALREADY_EXISTS if the id is taken. */
export async function expectFree<Entity extends object>(
  em: EntityManager,
  entity: EntityClass<Entity>,
  id: string,
  field: string,
): Promise<void> {
  if (!(await em.findOne(entity, id as never))) return;
  throw new GantryError(
    'ALREADY_EXISTS',
    `There is already a ${entity.name.toLowerCase()} ${JSON.stringify(id)}.`,
    field,
  );
}

/** The changes without those that were not given: absent leaves a field as it is, null clears it. */
export function given<Input extends object>(input: Input): Partial<Input> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as Partial<Input>;
}
