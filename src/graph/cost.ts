// What a document would cost, told before anything of it runs: the rows that it could read if all of its pages were full.
import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  getOperationRootType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { getArgumentValues, getVariableValues } from 'graphql/execution/values.js';
import { GantryError } from '../errors.ts';
import { DEFAULT_PAGE, MAX_PAGE } from '../store/read/page.ts';

/** Things within things: instance, service, process, step is four. */
const MAX_DEPTH = 12;

// What asks a node (of `logs` no more than a few are read), stretches a password or works on many rows costs as much as so many rows.
const DEAR: Readonly<Record<string, number>> = { processLogs: 2_000, logs: 500, pingNode: 5_000, supervisor: 1_000 };

// Two in one request are guesses.
const ONCE: readonly string[] = ['logIn'];

interface Walk {
  readonly schema: GraphQLSchema;
  readonly fragments: Record<string, FragmentDefinitionNode>;
  readonly variables: Record<string, unknown>;
}

/** The cost of an operation. Throws TOO_COSTLY for one that is too deep, or could come to more than `max`. */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: Record<string, unknown>,
  max: number,
): number {
  const operation = getOperationAST(document, operationName);
  if (!operation) return 0;
  const cost = remembered(document, operation, variables, () => measured(schema, document, operation, variables));
  if (cost <= max) return cost;
  throw new GantryError(
    'TOO_COSTLY',
    `This could read ${cost} rows, and a request may read ${max}: ask for smaller pages (\`first\`), or for less at once.`,
  );
}

/** What was measured of an operation, by the variables that decide about it: sizes of pages, and conditions. */
interface Measured {
  readonly deciding: readonly string[];
  readonly costs: Map<string, number>;
}

const MAX_SHAPES = 64;
const known = new WeakMap<OperationDefinitionNode, Measured>();

// Tools send the same documents again and again, and the server keeps those parsed.
function remembered(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
  measure: () => number,
): number {
  let of = known.get(operation);
  if (!of) {
    of = { deciding: decidingIn(document), costs: new Map() };
    known.set(operation, of);
  }
  // What is left out has its default; null has not.
  const shape = JSON.stringify(of.deciding.map((name) => (name in variables ? [variables[name]] : [])));
  let cost = of.costs.get(shape);
  if (cost === undefined) {
    cost = measure();
    if (of.costs.size >= MAX_SHAPES) of.costs.clear();
    of.costs.set(shape, cost);
  }
  return cost;
}

function decidingIn(document: DocumentNode): string[] {
  const names = new Set<string>();
  const note = ({ value }: ArgumentNode) => {
    if (value.kind === Kind.VARIABLE) names.add(value.name.value);
  };
  visit(document, {
    Directive: ({ arguments: given }) => void given?.forEach(note),
    Field: ({ arguments: given }) => {
      for (const each of given ?? []) if (each.name.value === 'first' || each.name.value === 'last') note(each);
    },
  });
  return [...names];
}

function measured(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): number {
  const type = getOperationRootType(schema, operation);
  // Variables that do not fit are told by whoever would run it.
  const { coerced = {} } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  return rootCost({ schema, fragments: fragmentsOf(document), variables: coerced }, type, operation);
}

function rootCost(walk: Walk, type: GraphQLObjectType, { selectionSet }: OperationDefinitionNode): number {
  const { schema, fragments, variables } = walk;
  const collected = collectFields(schema, fragments, variables as never, type, selectionSet);
  const names = [...collected.values()].map((nodes) => (nodes[0] as FieldNode).name.value);
  for (const name of ONCE)
    if (names.filter((each) => each === name).length > 1)
      throw new GantryError('TOO_COSTLY', `A request may hold one ${name}.`);
  return sum(walk, type, collected, 1, 0);
}

function sum(
  walk: Walk,
  type: GraphQLObjectType,
  collected: ReadonlyMap<string, readonly FieldNode[]>,
  times: number,
  depth: number,
): number {
  let cost = 0;
  for (const nodes of collected.values()) {
    const field = type.getFields()[(nodes[0] as FieldNode).name.value];
    if (field) cost += fieldCost(walk, type, field, nodes, times, depth);
  }
  return cost;
}

function fieldCost(
  walk: Walk,
  parent: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  nodes: readonly FieldNode[],
  times: number,
  depth: number,
): number {
  const type = getNamedType(field.type);
  const dear = times * (DEAR[field.name] ?? 0);
  if (!isObjectType(type)) return dear;
  const below = collectSubfields(walk.schema, walk.fragments, walk.variables as never, type, nodes as FieldNode[]);
  // The parts of a page are read with it.
  if (isPage(parent)) return sum(walk, type, below, times, depth);
  if (depth >= MAX_DEPTH)
    throw new GantryError('TOO_COSTLY', `A query may be at most ${MAX_DEPTH} things deep: ask for less at once.`);
  const rows = times * (type.name.endsWith('Connection') ? pageOf(walk, field, nodes[0] as FieldNode) : 1);
  return dear + rows + sum(walk, type, below, rows, depth + 1);
}

const isPage = ({ name }: GraphQLObjectType) => name.endsWith('Connection') || name.endsWith('Edge');

function pageOf({ variables }: Walk, field: GraphQLField<unknown, unknown>, node: FieldNode): number {
  const { first, last } = given(field, node, variables);
  const size = Number(first ?? last ?? DEFAULT_PAGE);
  // What is no page is refused where it is read.
  return Math.min(Math.max(size, 0), MAX_PAGE);
}

function given(field: GraphQLField<unknown, unknown>, node: FieldNode, variables: Record<string, unknown>) {
  try {
    return getArgumentValues(field, node, variables as never);
  } catch {
    return {};
  }
}

const fragmentsOf = ({ definitions }: DocumentNode): Record<string, FragmentDefinitionNode> =>
  Object.fromEntries(
    definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [])),
  );
