// Writes one page of a list: keyset pagination (stable under inserts), filters, order, cursors, page info, total count.
import { badInput } from '../../errors.ts';
import { decodeCursor } from './cursor.ts';
import { conditions } from './filters.ts';
import type { Model } from './model.ts';
import type { EdgePart, OrderArgs, PageInfoPart, PagePart, PageSelection, ReadArgs } from './selection.ts';
import { jsonObject, literal, type Needs, quote, type Writer } from './words.ts';

export interface PageSource {
  readonly from: string;
  readonly where: readonly string[];
}

export const MAX_PAGE = 100;
const DEFAULT_PAGE = 50;
// More than any list has; a true -1 would not bear the one row more that page info asks for.
const WITHOUT_LIMIT = 2 ** 31 - 2;

// What has no better order is listed by its key: counted ids, names given by people.
const DEFAULT_ORDER: Readonly<Record<string, OrderArgs>> = {
  Process: { field: 'createdAt', direction: 'ASC' },
  Operation: { field: 'createdAt', direction: 'DESC' },
};

interface Order {
  /** Name of the property, as it stands in cursors. */
  readonly name: string;
  readonly column: string;
  readonly key: string;
  readonly descending: boolean;
}

type Source = (model: Model, alias: string) => PageSource;

export function writePage(writer: Writer, page: PageSelection, args: ReadArgs, source: Source): string {
  const model = writer.model(page.entity);
  const alias = writer.alias();
  const order = orderOf(model, args);
  const backward = args.last !== undefined;
  const limit = writer.statement.compute((given) => pageSize(given[page.args] ?? {}));
  const withInfo = page.parts.some((part) => part.kind === 'pageInfo');
  const needs: Needs = new Set([order.column, order.key]);
  const cursor = `lower(hex(json_array(${literal(order.name)},${alias}.${quote(order.column)},${alias}.${quote(order.key)})))`;
  const context: PageContext = { writer, alias, order, backward, limit, cursor, needs, withInfo, args };
  const parts = page.parts.map((part): [string, string] => [
    part.key,
    writePart(context, part, () => count(writer, model, page, source)),
  ]);
  // What only counts reads no rows.
  if (page.parts.every(({ kind }) => kind === 'typename' || kind === 'totalCount'))
    return `(select ${jsonObject(parts)})`;
  const rows = writeRows(writer, model, page, source, context);
  return `(select ${jsonObject(parts)} from ${rows} ${alias})`;
}

interface PageContext {
  readonly writer: Writer;
  readonly alias: string;
  readonly order: Order;
  readonly backward: boolean;
  readonly limit: string;
  readonly cursor: string;
  readonly needs: Needs;
  readonly withInfo: boolean;
  readonly args: ReadArgs;
}

/** The rows of the page, in order; with page info one row more than asked for, and each with its place (`rn`) and their number (`cnt`). */
function writeRows(writer: Writer, model: Model, page: PageSelection, source: Source, context: PageContext): string {
  const inner = writer.alias();
  const { from, where } = source(model, inner);
  const all = [...where, ...filters(writer, model, page, inner), ...keyset(writer, page, inner, context.order)];
  const columns = [...context.needs].map((name) => `${inner}.${quote(name)}`).join(',');
  const ordered = `order by ${orderBy(inner, context.order, context.backward)}`;
  const condition = all.length ? ` where ${all.join(' and ')}` : '';
  const limited = `(select ${columns} from ${from}${condition} ${ordered} limit ${context.limit}${context.withInfo ? ' + 1' : ''})`;
  if (!context.withInfo) return limited;
  const outer = writer.alias();
  return `(select ${outer}.*, row_number() over (order by ${orderBy(outer, context.order, context.backward)}) rn, count(*) over () cnt from ${limited} ${outer})`;
}

function writePart(context: PageContext, part: PagePart, total: () => string): string {
  const { writer, alias, needs } = context;
  // Aggregates promise an order only where it is written beside them.
  const ordered = ` order by ${orderBy(alias, context.order, false)}`;
  const within = context.withInfo ? ` filter (where ${alias}.rn <= ${context.limit})` : '';
  const list = (item: string) => `json_group_array(${item}${ordered})${within}`;
  switch (part.kind) {
    case 'typename':
      return literal(part.name);
    case 'totalCount':
      return total();
    case 'nodes':
      return list(writer.object(part.object, alias, needs));
    case 'edges':
      return list(jsonObject(part.parts.map((edge) => [edge.key, writeEdge(context, edge)])));
    case 'pageInfo':
      return jsonObject(part.parts.map((info) => [info.key, writeInfo(context, info)]));
  }
}

function writeEdge(context: PageContext, part: EdgePart): string {
  if (part.kind === 'typename') return literal(part.name);
  if (part.kind === 'cursor') return context.cursor;
  return context.writer.object(part.object, context.alias, context.needs);
}

function writeInfo({ alias, backward, limit, cursor, args }: PageContext, part: PageInfoPart): string {
  const isMore = `json(iif(max(${alias}.cnt) > ${limit},'true','false'))`;
  // An aggregate, too: all of a page answers with one row, also where there are none to read.
  const isCut = (given: string | undefined) => `json(iif(count(*) >= 0,'${given !== undefined}',''))`;
  const cursorAt = (place: string) => `max(case when ${alias}.rn = ${place} then ${cursor} end)`;
  const far = `min(${alias}.cnt, ${limit})`;
  switch (part.kind) {
    case 'typename':
      return literal(part.name);
    case 'hasNextPage':
      return backward ? isCut(args.before) : isMore;
    case 'hasPreviousPage':
      return backward ? isMore : isCut(args.after);
    case 'startCursor':
      return cursorAt(backward ? far : '1');
    case 'endCursor':
      return cursorAt(backward ? '1' : far);
  }
}

function count(writer: Writer, model: Model, page: PageSelection, source: Source): string {
  const alias = writer.alias();
  const { from, where } = source(model, alias);
  const all = [...where, ...filters(writer, model, page, alias)];
  return `(select count(*) from ${from}${all.length ? ` where ${all.join(' and ')}` : ''})`;
}

function filters(writer: Writer, model: Model, page: PageSelection, alias: string): string[] {
  const filter = writer.args[page.args]?.filter;
  return filter ? conditions(writer.statement, writer.models, model, alias, filter, [page.args, 'filter']) : [];
}

function keyset(writer: Writer, page: PageSelection, alias: string, order: Order): string[] {
  const side = (field: 'after' | 'before', operator: string) => {
    if (writer.args[page.args]?.[field] === undefined) return [];
    const part = (of: 'value' | 'key') =>
      writer.statement.compute((given) => decodeCursor(given[page.args]?.[field] as string, order.name, field)[of]);
    const key = `${alias}.${quote(order.key)}`;
    if (order.column === order.key) return [`${key} ${operator} ${part('key')}`];
    return [`(${alias}.${quote(order.column)}, ${key}) ${operator} (${part('value')}, ${part('key')})`];
  };
  return [...side('after', order.descending ? '<' : '>'), ...side('before', order.descending ? '>' : '<')];
}

function orderBy(alias: string, order: Order, reversed: boolean): string {
  const direction = order.descending !== reversed ? ' desc' : '';
  const columns = order.column === order.key ? [order.key] : [order.column, order.key];
  return columns.map((column) => `${alias}.${quote(column)}${direction}`).join(', ');
}

function orderOf(model: Model, args: ReadArgs): Order {
  const { field, direction } = args.orderBy ?? DEFAULT_ORDER[model.entity] ?? { field: undefined, direction: 'ASC' };
  const column = field === undefined ? undefined : model.columns.get(field);
  if (field !== undefined && !column) throw badInput(`${model.entity} has no order by ${field}.`, 'orderBy.field');
  const name = column?.name ?? model.key;
  return {
    name: name === model.key ? 'key' : (field as string),
    column: name,
    key: model.key,
    descending: direction === 'DESC',
  };
}

/** Throws BAD_USER_INPUT unless the page is between 0 and 100 rows from one end. */
export function pageSize({ first, last, whole }: ReadArgs): number {
  if (whole && first === undefined && last === undefined) return WITHOUT_LIMIT;
  if (first !== undefined && last !== undefined) throw badInput('Give `first` or `last`, not both.', 'last');
  const [name, size] = last !== undefined ? ['last', last] : ['first', first ?? DEFAULT_PAGE];
  if (size < 0 || size > MAX_PAGE) throw badInput(`\`${name}\` is a number from 0 to ${MAX_PAGE}.`, String(name));
  return size;
}
