// What a reader who may not see everything sees: conditions on rows, written from a table of the platform's.
import type { Model, Models, Relation } from './model.ts';
import { quote } from './words.ts';

/**
 * Which rows of each entity a reader sees: those from which one of the paths leads to the reader's own row. A path is names of relations, the
 * last of them to a user, or `=` and a column that holds the reader's id. An entity without paths is not seen at all.
 */
export type Sight = Readonly<Record<string, readonly (readonly string[])[]>>;

/** Writes the conditions for one statement. `viewer` is the parameter that holds the reader's id. */
export class SightWriter {
  constructor(
    private readonly models: Models,
    private readonly sight: Sight,
    private readonly viewer: string,
  ) {}

  /** True of the rows of `alias` that the reader sees. */
  rows(model: Model, alias: string): string {
    const paths = this.sight[model.entity] ?? [];
    if (paths.length === 0) return '0';
    return `(${paths.map((path) => this.#path(model, alias, path)).join(' or ')})`;
  }

  /** True where `key` is the key of a row that the reader sees. */
  key(model: Model, key: string): string {
    return `${key} in (select v.${quote(model.key)} from ${quote(model.table)} v where ${this.rows(model, 'v')})`;
  }

  // Selects without a look at the row around them: the database runs each of them once, not once a row.
  #path(model: Model, alias: string, [step, ...rest]: readonly string[]): string {
    if (step === undefined) return `${alias}.${quote(model.key)} = ${this.viewer}`;
    if (step.startsWith('=')) return `${alias}.${quote(this.#column(model, step.slice(1)))} = ${this.viewer}`;
    const relation = model.relations.get(step);
    const target = relation && this.models.get(relation.target);
    if (!relation || !target) throw new Error(`${model.entity} has no relation ${step}`);
    const inner = `${alias}x`;
    const [mine, select] = lead(model, relation, target, inner);
    return `${alias}.${quote(mine)} in (${select} where ${this.#path(target, inner, rest)})`;
  }

  #column(model: Model, property: string): string {
    const column = model.columns.get(property);
    if (!column) throw new Error(`${model.entity} has no column for ${property}`);
    return column.name;
  }
}

/** The column of this row, and the select that it has to be in; what is asked of the other row is still to be written. */
function lead(model: Model, relation: Relation, target: Model, inner: string): [string, string] {
  const from = `from ${quote(target.table)} ${inner}`;
  if (relation.kind === 'toOne') return [relation.column, `select ${inner}.${quote(target.key)} ${from}`];
  if (relation.kind === 'toMany') return [model.key, `select ${inner}.${quote(relation.column)} ${from}`];
  const join = `join ${quote(relation.table)} ${inner}j on ${inner}j.${quote(relation.theirs)} = ${inner}.${quote(target.key)}`;
  return [model.key, `select ${inner}j.${quote(relation.mine)} ${from} ${join}`];
}
