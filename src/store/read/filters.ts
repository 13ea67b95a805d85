// Filters as SQL conditions. A filter is an object whose keys are properties of the entity:
//   column: value | column: [values] | column: { eq, in, contains, startsWith, ignoreCase } | column: { from, before } | relation: id |
//   many: { a filter that one of them matches }
import { badInput } from '../../errors.ts';
import { keyOf } from '../ids.ts';
import type { Column, Model, Relation } from './model.ts';
import type { Statement } from './statement.ts';
import { FOLD_CASE, quote, type Writer } from './words.ts';

export interface TextFilter {
  readonly eq?: string | null;
  readonly in?: readonly string[] | null;
  readonly contains?: string | null;
  readonly startsWith?: string | null;
  readonly ignoreCase?: boolean | null;
}

/** Of a column of instants. */
interface TimeFilter {
  readonly from?: Date | null;
  readonly before?: Date | null;
}

/** Conditions on the rows of `alias`. `path` leads from the read's arguments to this filter, so that only values differ between runs. */
export function conditions(
  writer: Writer,
  model: Model,
  alias: string,
  filter: Readonly<Record<string, unknown>>,
  path: readonly (string | number)[],
): string[] {
  return Object.entries(filter).flatMap(([name, wanted]) => {
    if (wanted === undefined || wanted === null) return [];
    const at = [...path, name];
    const relation = model.relations.get(name);
    if (relation?.kind === 'toMany' && typeof wanted === 'object')
      return [anyLike(writer, model, alias, relation, wanted as Readonly<Record<string, unknown>>, at)];
    if (relation) return [related(writer, model, alias, relation, at), ...seen(writer, relation, at)];
    const column = model.columns.get(name);
    if (!column) throw badInput(`${model.entity} has no ${name} to filter by.`, at.slice(1).join('.'));
    return matches(writer.statement, model, `${alias}.${quote(column.name)}`, column, wanted, at);
  });
}

// Who does not see a thing does not learn what belongs to it.
function seen(writer: Writer, { target }: Relation, at: readonly (string | number)[]): string[] {
  if (!writer.sight) return [];
  const id = writer.statement.bind(at, (given) => keyOf(target, String(given)));
  return [writer.sight.key(writer.model(target), id)];
}

function related(
  writer: Writer,
  model: Model,
  alias: string,
  relation: Relation,
  at: readonly (string | number)[],
): string {
  const id = writer.statement.bind(at, (given) => keyOf(relation.target, String(given)));
  if (relation.kind === 'toOne') return `${alias}.${quote(relation.column)} = ${id}`;
  const mine = `${alias}.${quote(model.key)}`;
  if (relation.kind === 'through') {
    const { table, mine: left, theirs } = relation;
    return `exists (select 1 from ${quote(table)} p where p.${quote(left)} = ${mine} and p.${quote(theirs)} = ${id})`;
  }
  const target = writer.model(relation.target);
  return `exists (select 1 from ${quote(target.table)} p where p.${quote(relation.column)} = ${mine} and p.${quote(target.key)} = ${id})`;
}

function anyLike(
  writer: Writer,
  model: Model,
  alias: string,
  relation: Relation & { kind: 'toMany' },
  filter: Readonly<Record<string, unknown>>,
  at: readonly (string | number)[],
): string {
  const target = writer.model(relation.target);
  const inner = `${alias}_${target.table}`;
  const mine = `${inner}.${quote(relation.column)} = ${alias}.${quote(model.key)}`;
  const seenOnly = writer.sight ? [writer.sight.rows(target, inner)] : [];
  const like = conditions(writer, target, inner, filter, at);
  return `exists (select 1 from ${quote(target.table)} ${inner} where ${[mine, ...seenOnly, ...like].join(' and ')})`;
}

function matches(
  statement: Statement,
  model: Model,
  sql: string,
  column: Column,
  wanted: unknown,
  at: readonly (string | number)[],
): string[] {
  const stored = (value: unknown) => (column.kind === 'id' ? keyOf(model.entity, String(value)) : value);
  const anyOf = (path: readonly (string | number)[]) => {
    const list = statement.bind(path, (values) => JSON.stringify((values as unknown[]).map(stored)));
    return `${sql} in (select value from json_each(${list}))`;
  };
  if (Array.isArray(wanted)) return [anyOf(at)];
  if (typeof wanted !== 'object') return [`${sql} = ${statement.bind(at, stored)}`];
  const text = wanted as TextFilter & TimeFilter;
  const instant = (key: string) => statement.bind([...at, key], (time) => (time as Date).toISOString());
  const fold = (expression: string) => (text.ignoreCase ? `${FOLD_CASE}(${expression})` : expression);
  const param = (key: string) => fold(statement.bind([...at, key]));
  const found: string[] = [];
  if (text.eq != null) found.push(`${fold(sql)} = ${param('eq')}`);
  if (text.contains != null) found.push(`instr(${fold(sql)}, ${param('contains')}) > 0`);
  if (text.startsWith != null) {
    const start = param('startsWith');
    found.push(`substr(${fold(sql)}, 1, length(${start})) = ${start}`);
  }
  if (text.from != null) found.push(`${sql} >= ${instant('from')}`);
  if (text.before != null) found.push(`${sql} < ${instant('before')}`);
  if (text.in != null) {
    if (!text.ignoreCase) found.push(anyOf([...at, 'in']));
    else
      found.push(
        `${fold(sql)} in (select ${FOLD_CASE}(value) from json_each(${statement.bind([...at, 'in'], JSON.stringify)}))`,
      );
  }
  return found;
}
