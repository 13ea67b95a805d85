// What the SQL writer knows of the entities, taken from the ORM's metadata once at the start.
import { type EntityMetadata, type EntityProperty, type MetadataStorage, ReferenceKind } from '@mikro-orm/core';
import { JSON_TEXT } from '../entities/columns.ts';
import { isCounted } from '../ids.ts';

export type ColumnKind = 'plain' | 'boolean' | 'json' | 'id';

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
}

export type Relation =
  /** This table holds the other's key. */
  | { readonly kind: 'toOne'; readonly target: string; readonly column: string }
  /** The other table holds this one's key. */
  | { readonly kind: 'toMany'; readonly target: string; readonly column: string }
  /** A table between. */
  | {
      readonly kind: 'through';
      readonly target: string;
      readonly table: string;
      readonly mine: string;
      readonly theirs: string;
    };

export interface Model {
  readonly entity: string;
  readonly table: string;
  readonly key: string;
  readonly columns: ReadonlyMap<string, Column>;
  /** Columns of sealed values by what is sealed in them (`password`): what a reader may show of one is decided elsewhere. */
  readonly sealed: ReadonlyMap<string, string>;
  readonly relations: Map<string, Relation>;
}

export type Models = ReadonlyMap<string, Model>;

/** What the many of an entity are called at its other end: entities know their parents, so this end is derived. */
const PLURALS: Readonly<Record<string, string>> = {
  Tenant: 'tenants',
  User: 'users',
  Integration: 'integrations',
  Node: 'nodes',
  Service: 'services',
  Process: 'processes',
  OperationStep: 'steps',
  Token: 'tokens',
  // At most one.
  NodeLink: 'connection',
};

export function readModels(metadata: MetadataStorage): Models {
  const models = new Map(
    [...metadata].filter((meta) => !meta.pivotTable).map((meta) => [meta.className, toModel(meta)]),
  );
  for (const model of models.values()) {
    for (const relation of [...model.relations.values()]) {
      const plural = PLURALS[model.entity];
      const other = models.get(relation.target);
      if (plural && other && !other.relations.has(plural)) other.relations.set(plural, otherEnd(model, relation));
    }
  }
  return models;
}

function otherEnd(model: Model, relation: Relation): Relation {
  if (relation.kind !== 'through') return { kind: 'toMany', target: model.entity, column: relation.column };
  return { kind: 'through', target: model.entity, table: relation.table, mine: relation.theirs, theirs: relation.mine };
}

function toModel(meta: EntityMetadata): Model {
  const columns = new Map<string, Column>();
  const sealed = new Map<string, string>();
  const relations = new Map<string, Relation>();
  for (const property of meta.props) {
    if (property.kind !== ReferenceKind.SCALAR) relations.set(property.name, toRelation(property));
    // A hidden property is a secret: no column that could be read, filtered or ordered by.
    else if (!property.hidden) columns.set(property.name, toColumn(meta.className, property));
    else if (property.name.endsWith('Sealed')) sealed.set(property.name.slice(0, -'Sealed'.length), columnOf(property));
  }
  const key = meta.properties[meta.primaryKeys[0] as never] as EntityProperty;
  return { entity: meta.className, table: meta.tableName, key: columnOf(key), columns, sealed, relations };
}

function toColumn(entity: string, property: EntityProperty): Column {
  const name = columnOf(property);
  if (property.primary && isCounted(entity)) return { name, kind: 'id' };
  if (property.comment === JSON_TEXT) return { name, kind: 'json' };
  return { name, kind: property.type === 'boolean' ? 'boolean' : 'plain' };
}

function toRelation(property: EntityProperty): Relation {
  const target = property.targetMeta?.className ?? property.type;
  if (property.kind === ReferenceKind.MANY_TO_ONE) return { kind: 'toOne', target, column: columnOf(property) };
  return {
    kind: 'through',
    target,
    table: property.pivotTable,
    mine: property.joinColumns[0] as string,
    theirs: property.inverseJoinColumns[0] as string,
  };
}

const columnOf = (property: EntityProperty): string => property.fieldNames[0] as string;
