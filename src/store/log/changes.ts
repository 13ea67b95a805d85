// Collects what a transaction changes, from the ORM's unit of work: what is written through it cannot be left out.
import {
  ChangeSetType,
  type Collection,
  type EntityMetadata,
  type EventSubscriber,
  type FlushEventArgs,
  helper,
  ReferenceKind,
  type TransactionEventArgs,
} from '@mikro-orm/core';
import type { EntityManager as OrmEntityManager } from '@mikro-orm/sqlite';
import { JSON_TEXT } from '../entities/columns.ts';
import type { EntityManager } from '../store.ts';
import { type Cause, causeOf, currentDeed } from './cause.ts';

/** Properties of an entity as they are stored: keys of others in place of them, JSON as text. */
export type Values = Readonly<Record<string, unknown>>;

/** Of one entity, from the beginning of the transaction to its end. */
export interface EntityChange {
  readonly entity: string;
  /** Undefined for what was created. */
  readonly before: Values | undefined;
  /** Undefined for what was deleted. */
  readonly after: Values | undefined;
  readonly cause: Cause | undefined;
}

/** A row between two entities that came or went. */
export interface RelationChange {
  readonly owner: string;
  readonly ownerKey: string | number;
  readonly other: string;
  readonly otherKey: string | number;
  readonly isAdded: boolean;
}

export interface Changes {
  readonly entities: readonly EntityChange[];
  readonly relations: readonly RelationChange[];
}

/** Of one transaction: what is told of its changes. Whatever it throws undoes the transaction. */
export interface Telling {
  /** Before anything of these is written: what is still to be seen by then. */
  before(changes: Changes): void;
  /** At the end, with all the changes. */
  commit(changes: Changes): void;
}

interface Touched {
  readonly entity: object;
  readonly meta: EntityMetadata;
  readonly before: Values | undefined;
  isDeleted: boolean;
}

/** Of one transaction. */
class Collected {
  readonly touched = new Map<object, Touched>();
  readonly relations: RelationChange[] = [];

  constructor(readonly telling: Telling) {}
}

/** The ORM calls it at every flush and before every commit. */
export class ChangeCollector implements EventSubscriber {
  readonly #open = new WeakMap<object, Collected>();

  constructor(private readonly begin: (em: object) => Telling) {}

  onFlush({ em, uow }: FlushEventArgs): void {
    const sets = uow.getChangeSets();
    const collections = uow.getCollectionUpdates();
    if (sets.length === 0 && collections.length === 0) return;
    const collected = this.#collected(em);
    const fresh: Touched[] = [];
    for (const set of sets) {
      const known = collected.touched.get(set.entity);
      const isDeleted = set.type === ChangeSetType.DELETE || set.type === ChangeSetType.DELETE_EARLY;
      if (known) {
        known.isDeleted = isDeleted;
        continue;
      }
      const touched = { entity: set.entity, meta: set.meta, before: originalOf(set.entity, set.meta), isDeleted };
      collected.touched.set(set.entity, touched);
      fresh.push(touched);
    }
    const relations = collections.flatMap(relationChanges);
    collected.relations.push(...relations);
    collected.telling.before({ entities: fresh.map(changeOf), relations });
  }

  /** Something of this entity is to be written by other means. */
  touch(em: object, entity: object): void {
    const collected = this.#collected(em);
    if (collected.touched.has(entity)) return;
    const meta = helper(entity).__meta as EntityMetadata;
    const touched = { entity, meta, before: originalOf(entity, meta), isDeleted: false };
    collected.touched.set(entity, touched);
    collected.telling.before({ entities: [changeOf(touched)], relations: [] });
  }

  #collected(em: object): Collected {
    const collected = this.#open.get(em) ?? new Collected(this.begin(em));
    this.#open.set(em, collected);
    return collected;
  }

  beforeTransactionCommit({ em }: TransactionEventArgs): void {
    const collected = this.#open.get(em);
    if (!collected) return;
    this.#open.delete(em);
    // What came and went within the transaction was never there.
    const entities = [...collected.touched.values()].map(changeOf).filter(({ before, after }) => before || after);
    collected.telling.commit({ entities, relations: collected.relations });
  }
}

/** The collector of each transaction. */
export const collectors = new WeakMap<object, ChangeCollector>();

/** Writes what was learnt of an entity, not said by anybody: told like everything, and no new version of it. */
export async function learn<Entity extends object>(
  em: EntityManager,
  entity: Entity,
  changes: Partial<Entity>,
): Promise<void> {
  collectors.get(em)?.touch(em as object, entity);
  const { __meta: meta } = helper(entity);
  const key = { [meta.primaryKeys[0] as string]: helper(entity).getPrimaryKey() };
  await (em as OrmEntityManager).nativeUpdate(meta.class as never, key as never, changes as never);
  Object.assign(entity, changes);
  // The unit of work takes it for read, and so writes nothing more.
  Object.assign(helper(entity).__originalEntityData ?? {}, changes);
}

// What the ORM has read of it; nothing for an entity that is new.
function originalOf(entity: object, meta: EntityMetadata): Values | undefined {
  const data = helper(entity).__originalEntityData as Values | undefined;
  if (!data) return undefined;
  return Object.fromEntries(
    columnsIn(meta).map(({ name, type }) => [name, type === 'boolean' ? Boolean(data[name]) : (data[name] ?? null)]),
  );
}

function changeOf({ entity, meta, before, isDeleted }: Touched): EntityChange {
  const cause = causeOf(entity) ?? currentDeed()?.cause;
  return { entity: meta.className, before, after: isDeleted ? undefined : valuesOf(entity, meta), cause };
}

function valuesOf(entity: object, meta: EntityMetadata): Values {
  const all = entity as Record<string, unknown>;
  return Object.fromEntries(
    columnsIn(meta).map(({ name, kind }) => [
      name,
      kind === ReferenceKind.SCALAR ? (all[name] ?? null) : keyOf(all[name]),
    ]),
  );
}

const columnsIn = (meta: EntityMetadata) =>
  meta.props.filter(({ kind }) => kind === ReferenceKind.SCALAR || kind === ReferenceKind.MANY_TO_ONE);

const keyOf = (other: unknown): string | number | null =>
  other == null ? null : (helper(other as object).getPrimaryKey() as string | number);

function relationChanges(collection: Collection<object>): RelationChange[] {
  if (!collection.property.owner) return [];
  const before = new Set(collection.getSnapshot() ?? []);
  const after = new Set(collection.getItems(false));
  const meta = collection.property.targetMeta as EntityMetadata;
  const change = (item: object, isAdded: boolean): RelationChange => ({
    owner: helper(collection.owner).__meta.className,
    ownerKey: keyOf(collection.owner) as string,
    other: meta.className,
    otherKey: keyOf(item) as string,
    isAdded,
  });
  return [
    ...[...before].filter((item) => !after.has(item)).map((item) => change(item, false)),
    ...[...after].filter((item) => !before.has(item)).map((item) => change(item, true)),
  ];
}

/** A column as the rules of telling know it. */
export interface ToldColumn {
  readonly name: string;
  readonly isHidden: boolean;
  readonly isJson: boolean;
  readonly isKey: boolean;
  /** The entity that it holds the key of. */
  readonly refersTo: string | undefined;
}

export const columnsOf = (meta: EntityMetadata): ToldColumn[] =>
  // The other end of a relation is no column of this one.
  meta.props
    .filter(({ mappedBy }) => !mappedBy)
    .map((property) => ({
      name: property.name,
      isHidden: property.hidden === true,
      isJson: property.comment === JSON_TEXT,
      isKey: property.primary === true,
      refersTo: property.targetMeta?.className,
    }));
