// Writes one page of a list: keyset pagination (stable under inserts), filters, order, cursors, page info, total count.
import { badInput } from '../../errors.ts';
import { HEAD_CURSOR_SQL } from '../log/cursor.ts';
import { decodeCursor } from './cursor.ts';
import { conditions } from './filters.ts';
import type { Model } from './model.ts';
import type { EdgePart, OrderArgs, PageInfoPart, PagePart, PageSelection, ReadArgs } from './selection.ts';
import { jsonObject, literal, type Needs, quote, type Writer } from './words.ts';

export interface PageSource {
  readonly from: string;
  readonly where: readonly string[];
  /** The key of the rows where an index of the source has it in order, if that is not the row's own. */
  readonly key?: string;
}

export const MAX_PAGE = 100;
export const DEFAULT_PAGE = 50;
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
  const order = orderOf(model, args);
  const backward = args.last !== undefined;
  // In the text, not a parameter: SQLite plans better for a number that it knows, and there are but a hundred.
  const limit = String(pageSize(args));
  // Rows that are looked at more than once, as for the page info, are read once and kept under a name.
  const kinds = page.parts.map((part) => part.kind);
  const withInfo = kinds.includes('pageInfo');
  const kept = withInfo || (kinds.includes('nodes') && kinds.includes('edges')) ? writer.alias() : undefined;
  const needs: Needs = new Set();
  const read = () => writeRows(writer, model, page, source, context);
  const context: PageContext = { writer, order, backward, limit, kept, needs, withInfo, args, read };
  const parts = page.parts.map((part): [string, string] => [
    part.key,
    writePart(context, part, () => count(writer, model, page, source)),
  ]);
  return `(${kept ? `with ${kept} as materialized ${read()} ` : ''}select ${jsonObject(parts)})`;
}

interface PageContext {
  readonly writer: Writer;
  readonly order: Order;
  readonly backward: boolean;
  readonly limit: string;
  /** Under which name the rows are kept. */
  readonly kept: string | undefined;
  readonly needs: Needs;
  readonly withInfo: boolean;
  readonly args: ReadArgs;
  /** The rows, with all that is needed of them by then. */
  readonly read: () => string;
}

/** The rows of the page, read from its end if it is a last one; with page info one row more than asked for. */
function writeRows(writer: Writer, model: Model, page: PageSelection, source: Source, context: PageContext): string {
  const inner = writer.alias();
  const { from, where, key } = source(model, inner);
  const all = [
    ...where,
    ...seen(writer, model, inner),
    ...filters(writer, model, page, inner),
    ...keyset(writer, page, inner, context.order),
  ];
  const columns = [...context.needs].map((name) => `${inner}.${quote(name)}`).join(',') || '1';
  const ordered = `order by ${orderBy(inner, context.order, context.backward, key)}`;
  const condition = all.length ? ` where ${all.join(' and ')}` : '';
  return `(select ${columns} from ${from}${condition} ${ordered} limit ${context.limit}${context.withInfo ? ' + 1' : ''})`;
}

function writePart(context: PageContext, part: PagePart, total: () => string): string {
  const { writer, needs } = context;
  switch (part.kind) {
    case 'typename':
      return literal(part.name);
    case 'totalCount':
      return total();
    case 'asOf':
      return HEAD_CURSOR_SQL;
    case 'nodes':
      return writeList(context, (alias) => writer.object(part.object, alias, needs));
    case 'edges':
      return writeList(context, (alias) =>
        jsonObject(part.parts.map((edge) => [edge.key, writeEdge(context, edge, alias)])),
      );
    case 'pageInfo':
      return jsonObject(part.parts.map((info) => [info.key, writeInfo(context, info)]));
  }
}

function writeList(context: PageContext, write: (alias: string) => string): string {
  const { writer, kept, limit, backward, order } = context;
  const alias = writer.alias();
  // A list that is read whole is for documents of the house, which know what they ask for.
  const item = writer.repeated(Number(limit) === WITHOUT_LIMIT ? 1 : Number(limit), () => write(alias));
  // Rows come in the order of their limited select; an order of the aggregate's own would sort the JSON once more.
  const turned = backward ? ` order by ${orderBy(alias, order, false)}` : '';
  if (backward) needOrder(context);
  const rows = kept ? `(select * from ${kept} limit ${limit})` : context.read();
  return `(select json_group_array(${item}${turned}) from ${rows} ${alias})`;
}

function writeEdge(context: PageContext, part: EdgePart, alias: string): string {
  if (part.kind === 'typename') return literal(part.name);
  if (part.kind === 'cursor') return writeCursor(context, alias);
  return context.writer.object(part.object, alias, context.needs);
}

function writeCursor(context: PageContext, alias: string): string {
  const { order } = context;
  needOrder(context);
  return `lower(hex(json_array(${literal(order.name)},${alias}.${quote(order.column)},${alias}.${quote(order.key)})))`;
}

const needOrder = ({ needs, order }: PageContext) => needs.add(order.column).add(order.key);

function writeInfo(context: PageContext, part: PageInfoPart): string {
  const { writer, order, backward, limit, kept, args } = context;
  const isMore = `json(iif((select count(*) from ${kept}) > ${limit},'true','false'))`;
  const isCut = (given: string | undefined) => `json('${given !== undefined}')`;
  const cursorOf = (row: string) => {
    const alias = writer.alias();
    return `(select ${writeCursor(context, alias)} from (${row}) ${alias})`;
  };
  const near = `select * from ${kept} limit min(1, ${limit})`;
  const far = `select * from (select * from ${kept} limit ${limit}) r order by ${orderBy('r', order, !backward)} limit 1`;
  switch (part.kind) {
    case 'typename':
      return literal(part.name);
    case 'hasNextPage':
      return backward ? isCut(args.before) : isMore;
    case 'hasPreviousPage':
      return backward ? isMore : isCut(args.after);
    case 'startCursor':
      return cursorOf(backward ? far : near);
    case 'endCursor':
      return cursorOf(backward ? near : far);
  }
}

function count(writer: Writer, model: Model, page: PageSelection, source: Source): string {
  const alias = writer.alias();
  const { from, where } = source(model, alias);
  const all = [...where, ...seen(writer, model, alias), ...filters(writer, model, page, alias)];
  return `(select count(*) from ${from}${all.length ? ` where ${all.join(' and ')}` : ''})`;
}

const seen = ({ sight }: Writer, model: Model, alias: string): string[] => (sight ? [sight.rows(model, alias)] : []);

function filters(writer: Writer, model: Model, page: PageSelection, alias: string): string[] {
  const filter = writer.args[page.args]?.filter;
  return filter ? conditions(writer, model, alias, filter, [page.args, 'filter']) : [];
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

function orderBy(alias: string, order: Order, reversed: boolean, key = `${alias}.${quote(order.key)}`): string {
  const direction = order.descending !== reversed ? ' desc' : '';
  const columns = order.column === order.key ? [key] : [`${alias}.${quote(order.column)}`, key];
  return columns.map((column) => `${column}${direction}`).join(', ');
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
