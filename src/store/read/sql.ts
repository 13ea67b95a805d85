// Writes a read as one SQL statement whose single value is the JSON text of the answer: only the columns asked for are
// read, and the number of statements does not depend on the number of rows.
import { badInput } from '../../errors.ts';
import { ID_PREFIXES, isCounted, keyOf } from '../ids.ts';
import { HEAD_CURSOR_SQL } from '../log/cursor.ts';
import type { Model, Models, Relation } from './model.ts';
import { type PageSource, writePage } from './page.ts';
import type { FieldSelection, ObjectSelection, PageSelection, ReadArgs, RootSelection } from './selection.ts';
import { Statement } from './statement.ts';
import { type Sight, SightWriter } from './visibility.ts';
import { jsonObject, literal, type Needs, quote, SHOW_SECRET, type Writer } from './words.ts';

export interface CompiledRead {
  readonly sql: string;
  readonly values: (args: readonly ReadArgs[], viewer?: string) => Record<string, string | number | null>;
}

/**
 * The arguments decide about the shape of the statement (is there a filter, an order, a cursor), never about its text otherwise. With `sight`
 * it is for readers who see only what that says.
 */
export function compileRead(
  models: Models,
  roots: readonly RootSelection[],
  args: readonly ReadArgs[],
  sight?: Sight,
): CompiledRead {
  const writer = new SqlWriter(models, args, sight);
  const sql = `select ${jsonObject(roots.map((root) => [root.key, writer.root(root)]))}`;
  return { sql, values: (given, viewer) => writer.statement.values(given, viewer) };
}

// SQLite's expressions may be 1,000 deep, of which a level of the graph takes up to 40.
const MAX_DEPTH = 15;
// What a read may come to at most, if all of its pages are full: seconds of work in one statement. Three levels of
// pages of no stated size come to an eighth of a million.
const MAX_ROWS = 500_000;

class SqlWriter implements Writer {
  #depth = 0;
  #times = 1;
  #rows = 0;

  readonly statement = new Statement();
  readonly sight: SightWriter | undefined;
  #aliases = 0;

  constructor(
    readonly models: Models,
    readonly args: readonly ReadArgs[],
    sight: Sight | undefined,
  ) {
    this.sight = sight && new SightWriter(models, sight, this.statement.viewer());
  }

  alias(): string {
    return `t${this.#aliases++}`;
  }

  repeated<T>(times: number, write: () => T): T {
    const [depth, around] = [this.#depth, this.#times];
    this.#depth += 1;
    this.#times *= times;
    this.#rows += this.#times;
    if (this.#depth > MAX_DEPTH)
      throw badInput(`A query may be at most ${MAX_DEPTH} things deep: ask for less at once.`);
    if (this.#rows > MAX_ROWS) {
      throw badInput(
        `This query could read more than ${MAX_ROWS} rows: ask for smaller pages (\`first\`) or fewer levels.`,
      );
    }
    try {
      return write();
    } finally {
      this.#depth = depth;
      this.#times = around;
    }
  }

  model(entity: string): Model {
    const model = this.models.get(entity);
    if (!model) throw new Error(`no entity ${entity}`);
    return model;
  }

  root(root: RootSelection): string {
    if (root.kind === 'asOf') return HEAD_CURSOR_SQL;
    if (root.kind === 'page')
      return this.page(root.page, (model, alias) => ({ from: `${quote(model.table)} ${alias}`, where: [] }));
    const model = this.model(root.object.entity);
    const alias = this.alias();
    const key = this.statement.bind([root.args, 'id'], (id) => keyOf(model.entity, String(id)));
    return `(select ${this.object(root.object, alias, new Set())} from ${quote(model.table)} ${alias} where ${alias}.${quote(model.key)} = ${key}${this.seen(model, alias)})`;
  }

  private seen(model: Model, alias: string): string {
    return this.sight ? ` and ${this.sight.rows(model, alias)}` : '';
  }

  object(selection: ObjectSelection, alias: string, needs: Needs): string {
    const model = this.model(selection.entity);
    return jsonObject(selection.fields.map((field) => [field.key, this.field(model, field, alias, needs)]));
  }

  private field(model: Model, field: FieldSelection, alias: string, needs: Needs): string {
    if (field.kind === 'typename') return literal(field.name);
    if (field.kind === 'value') return value(model, field.property, alias, needs);
    const relation = model.relations.get(field.property);
    if (!relation) throw new Error(`${model.entity} has no relation ${field.property}`);
    if (field.kind === 'page') {
      needs.add(model.key);
      const parent = `${alias}.${quote(model.key)}`;
      return this.page(field.page, (target, inner) => children(relation, target, inner, parent));
    }
    if (relation.kind === 'through') throw new Error(`${model.entity}.${field.property} is a list`);
    const target = this.model(relation.target);
    // The key is in this row, or, where the other is at most one, in that.
    const [mine, theirs] = relation.kind === 'toOne' ? [relation.column, target.key] : [model.key, relation.column];
    needs.add(mine);
    const inner = this.alias();
    const object = this.repeated(1, () => this.object(field.object, inner, new Set()));
    return `(select ${object} from ${quote(target.table)} ${inner} where ${inner}.${quote(theirs)} = ${alias}.${quote(mine)}${this.seen(target, inner)})`;
  }

  private page(page: PageSelection, source: (model: Model, alias: string) => PageSource): string {
    return writePage(this, page, this.args[page.args] ?? {}, source);
  }
}

function children(relation: Relation, target: Model, alias: string, parent: string): PageSource {
  if (relation.kind === 'through') {
    const join = `${quote(relation.table)} j join ${quote(target.table)} ${alias} on ${alias}.${quote(target.key)} = j.${quote(relation.theirs)}`;
    // By the column of the join, which its index has in order.
    return { from: join, where: [`j.${quote(relation.mine)} = ${parent}`], key: `j.${quote(relation.theirs)}` };
  }
  return { from: `${quote(target.table)} ${alias}`, where: [`${alias}.${quote(relation.column)} = ${parent}`] };
}

function value(model: Model, property: string, alias: string, needs: Needs): string {
  const column = model.columns.get(property);
  const sealed = model.sealed.get(property);
  if (sealed) return shownSecret(model, property, sealed, alias, needs);
  if (!column) throw new Error(`${model.entity} has no column for ${property}`);
  needs.add(column.name);
  const sql = `${alias}.${quote(column.name)}`;
  if (column.kind === 'boolean') return `json(iif(${sql},'true','false'))`;
  if (column.kind === 'json') return `json(${sql})`;
  if (column.kind === 'id' && isCounted(model.entity)) return `${literal(ID_PREFIXES[model.entity])} || ${sql}`;
  return sql;
}

/** What a sealed value shows is for the function to say; the place that it is sealed to is the row's. */
function shownSecret(model: Model, property: string, column: string, alias: string, needs: Needs): string {
  needs.add(column).add(model.key);
  const key = `${alias}.${quote(model.key)}`;
  const place = `${literal(`${model.entity.toLowerCase()}:`)} || ${key} || ${literal(`:${property}`)}`;
  return `${SHOW_SECRET}(${place}, ${alias}.${quote(column)})`;
}
