// From a GraphQL selection to what the store reads: which columns, relations and pages, under which keys of the answer.
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  type OperationDefinitionNode,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { getArgumentValues } from 'graphql/execution/values.js';
import { badInput } from '../errors.ts';
import type { PlannedRead } from '../store/read/reader.ts';
import type {
  EdgePart,
  FieldSelection,
  ObjectSelection,
  PageInfoPart,
  PagePart,
  PageSelection,
  ReadArgs,
  RootSelection,
} from '../store/read/selection.ts';

type Variables = Readonly<Record<string, unknown>>;
type Field = GraphQLField<unknown, unknown>;

// SQLite's functions take 1,000 arguments, two for each key of an object.
const MAX_KEYS = 400;

/** The field, of a query and of a list, that says at which place of the log it was read. */
export const AS_OF = 'asOf';

/** Which types of the schema the store answers: the entities, and the connections of them. */
export interface Planned {
  readonly schema: GraphQLSchema;
  readonly entities: ReadonlySet<string>;
  /** Whether a list of which no page is asked for is read whole: for documents of the house only. */
  readonly whole?: boolean;
}

/** The entity that a type shows, itself or page by page. */
export function plannedKind({ entities }: Planned, type: GraphQLObjectType): 'entity' | 'connection' | undefined {
  if (entities.has(type.name)) return 'entity';
  return type.name.endsWith('Connection') && entities.has(type.name.slice(0, -'Connection'.length))
    ? 'connection'
    : undefined;
}

/** A read, and where its arguments come from in each request. */
export interface SelectionPlan extends PlannedRead {
  readonly args: (variables: Variables) => ReadArgs[];
}

/** The plan of a whole query, or undefined if not every root of it is the store's to answer. */
export function planOperation(
  planned: Planned,
  fragments: Record<string, FragmentDefinitionNode>,
  operation: OperationDefinitionNode,
  variables: Variables,
): SelectionPlan | undefined {
  const { schema } = planned;
  const query = schema.getQueryType() as GraphQLObjectType;
  const planner = new SelectionPlanner(planned, fragments, variables);
  const fields = collectFields(schema, fragments, variables as never, query, operation.selectionSet);
  const roots: RootSelection[] = [];
  for (const [key, nodes] of fields) {
    const root = planner.root(key, query.getFields()[(nodes[0] as FieldNode).name.value], nodes);
    if (!root) return undefined;
    roots.push(root);
  }
  return roots.length > 0 && !planner.hasLive ? planner.plan(roots) : undefined;
}

/** The plan of one field of a type that the planner does not answer, such as the `instance` of a payload. `id` is the thing's own. */
export function planField(
  planned: Planned,
  fragments: Record<string, FragmentDefinitionNode>,
  variables: Variables,
  field: Field,
  nodes: readonly FieldNode[],
  id?: string,
): SelectionPlan {
  const planner = new SelectionPlanner(planned, fragments, variables);
  const root = planner.root('it', field, nodes, id);
  if (!root) throw new Error(`the planner does not answer ${field.name}`);
  return planner.plan([root]);
}

/** A field of a thing of the store that is not in the store, such as the log of a process: it is resolved by itself, below what is read. */
export const isLive = (field: Field): boolean => field.extensions.isLive === true;

class SelectionPlanner {
  /** Whether something is asked for that the store cannot answer. */
  hasLive = false;
  readonly #args: ((variables: Variables) => ReadArgs)[] = [];

  constructor(
    private readonly planned: Planned,
    private readonly fragments: Record<string, FragmentDefinitionNode>,
    private readonly variables: Variables,
  ) {}

  plan(roots: readonly RootSelection[]): SelectionPlan {
    return { roots, compiled: new Map(), args: (variables) => this.#args.map((args) => args(variables)) };
  }

  root(key: string, field: Field | undefined, nodes: readonly FieldNode[], id?: string): RootSelection | undefined {
    if (field?.name === AS_OF) return { kind: 'asOf', key };
    const type = field && getNamedType(field.type);
    const kind = isObjectType(type) ? plannedKind(this.planned, type) : undefined;
    if (!field || !kind) return undefined;
    if (kind === 'connection') return { kind: 'page', key, page: this.page(field, type as GraphQLObjectType, nodes) };
    const args = id === undefined ? this.args(field, nodes) : this.#args.push(() => ({ id })) - 1;
    return { kind: 'one', key, args, object: this.object(type as GraphQLObjectType, nodes) };
  }

  private object(type: GraphQLObjectType, nodes: readonly FieldNode[]): ObjectSelection {
    const fields = this.fields(type, nodes, (key, name, field, children): FieldSelection => {
      if (!field) return { kind: 'typename', key, name: type.name };
      if (isLive(field)) {
        this.hasLive = true;
        // Its resolver finds there whose it is.
        return { kind: 'value', key, property: 'id' };
      }
      const target = getNamedType(field.type);
      const kind = isObjectType(target) ? plannedKind(this.planned, target) : undefined;
      if (!kind) return { kind: 'value', key, property: name };
      if (kind === 'entity')
        return { kind: 'one', key, property: name, object: this.object(target as GraphQLObjectType, children) };
      return { kind: 'page', key, property: name, page: this.page(field, target as GraphQLObjectType, children) };
    });
    return { entity: type.name, fields };
  }

  private page(field: Field, type: GraphQLObjectType, nodes: readonly FieldNode[]): PageSelection {
    const args = this.args(field, nodes);
    const item = getNamedType(type.getFields().nodes?.type) as GraphQLObjectType;
    const parts = this.fields(type, nodes, (key, name, part, children): PagePart => {
      if (!part) return { kind: 'typename', key, name: type.name };
      const inner = getNamedType(part.type) as GraphQLObjectType;
      if (name === 'nodes') return { kind: 'nodes', key, object: this.object(item, children) };
      if (name === 'edges') return { kind: 'edges', key, parts: this.edge(inner, item, children) };
      if (name === 'pageInfo') return { kind: 'pageInfo', key, parts: this.pageInfo(inner, children) };
      return { kind: name === AS_OF ? 'asOf' : 'totalCount', key };
    });
    return { entity: item.name, args, parts };
  }

  private edge(type: GraphQLObjectType, item: GraphQLObjectType, nodes: readonly FieldNode[]): EdgePart[] {
    return this.fields(type, nodes, (key, name, field, children) => {
      if (!field) return { kind: 'typename', key, name: type.name };
      return name === 'node' ? { kind: 'node', key, object: this.object(item, children) } : { kind: 'cursor', key };
    });
  }

  private pageInfo(type: GraphQLObjectType, nodes: readonly FieldNode[]): PageInfoPart[] {
    return this.fields(type, nodes, (key, name, field) =>
      field ? { kind: name as 'endCursor', key } : { kind: 'typename', key, name: type.name },
    );
  }

  /** The selected fields in their order, merged and with their directives applied, as GraphQL itself collects them. */
  private fields<Part>(
    type: GraphQLObjectType,
    nodes: readonly FieldNode[],
    make: (key: string, name: string, field: Field | undefined, nodes: readonly FieldNode[]) => Part,
  ): Part[] {
    const collected = collectSubfields(
      this.planned.schema,
      this.fragments,
      this.variables as never,
      type,
      nodes as FieldNode[],
    );
    if (collected.size > MAX_KEYS) throw badInput(`At most ${MAX_KEYS} fields can be asked of one ${type.name}.`);
    const known = type.getFields();
    return [...collected].map(([key, found]) => {
      const name = (found[0] as FieldNode).name.value;
      return make(key, name, name === '__typename' ? undefined : known[name], found);
    });
  }

  private args(field: Field, nodes: readonly FieldNode[]): number {
    const node = nodes[0] as FieldNode;
    const fixed: ReadArgs = this.planned.whole ? { whole: true } : {};
    const given = (variables: Variables) => withoutNulls(getArgumentValues(field, node, variables as never));
    return this.#args.push((variables) => ({ ...fixed, ...given(variables) })) - 1;
  }
}

// To a read, null and absent are the same: no filter, no cursor, no order.
const withoutNulls = (args: Record<string, unknown>): ReadArgs =>
  Object.fromEntries(Object.entries(args).filter(([, value]) => value !== null && value !== undefined));
