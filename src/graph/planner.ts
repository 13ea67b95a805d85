// Answers reads: plans each document once, and puts the store's answers where GraphQL looks for them.
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  visit,
} from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import { GantryError } from '../errors.ts';
import { type Actor, viewerOf } from '../platform/actor.ts';
import type { Reader } from '../store/read/reader.ts';
import type { Context } from './context.ts';
import { FoundPageInfo } from './found.ts';
import { AS_OF, isLive, type Planned, planField, plannedKind, planOperation, type SelectionPlan } from './selection.ts';

const MAX_SHAPES = 64;

type Resolver = GraphQLFieldResolver<Record<string, unknown>, Context>;

/** What is kept for an operation of a document: which variables decide about its shape, and the plan for each of their values. */
interface Plans {
  readonly conditions: readonly string[];
  readonly byCondition: Map<string, SelectionPlan | undefined>;
}

export class Planner {
  readonly #planned: Planned;
  readonly #plans = new WeakMap<OperationDefinitionNode, Plans>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly reader: Reader,
    options: Pick<Planned, 'whole'> = {},
  ) {
    this.#planned = { schema, entities: new Set(reader.models.keys()), ...options };
  }

  /** The data of a query as JSON text, or undefined if it is not the store's alone to answer, or its variables do not fit. */
  answer(
    document: DocumentNode,
    operationName: string | null | undefined,
    variables: Record<string, unknown>,
    actor: Actor,
  ): string | undefined {
    const operation = getOperationAST(document, operationName);
    if (operation?.operation !== OperationTypeNode.QUERY) return undefined;
    const { coerced } = getVariableValues(this.schema, operation.variableDefinitions ?? [], variables);
    if (!coerced) return undefined;
    const plan = this.#plan(document, operation, coerced);
    return plan && this.reader.read(plan, plan.args(coerced), viewerOf(actor));
  }

  #plan(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Record<string, unknown>,
  ): SelectionPlan | undefined {
    let plans = this.#plans.get(operation);
    if (!plans) {
      plans = { conditions: conditionsOf(document), byCondition: new Map() };
      this.#plans.set(operation, plans);
    }
    const condition = plans.conditions.map((name) => variables[name]).join();
    if (!plans.byCondition.has(condition)) {
      // A document with twenty conditions has a million shapes.
      if (plans.byCondition.size >= MAX_SHAPES) plans.byCondition.clear();
      plans.byCondition.set(condition, planOperation(this.#planned, fragmentsOf(document), operation, variables));
    }
    return plans.byCondition.get(condition);
  }

  /**
   * Gives the fields of the schema their resolvers, for the documents that do not go the short way (mutations, subscriptions,
   * queries over sockets): a root or a payload reads with one statement, and what is below it is already in the answer.
   */
  attach(): void {
    const query = this.schema.getQueryType();
    const root: Resolver = (_source, _args, { actor }, info) => this.#read(info, actor);
    const byId: Resolver = (source, _args, { actor }, info) => {
      const id = source[info.fieldName];
      if (typeof id !== 'string') return null;
      const found = this.#read(info, actor, id);
      // An answer that was kept may name what was deleted since.
      if (found === null && isNonNullType(info.returnType)) throw gone(getNamedType(info.returnType).name, id);
      return found;
    };
    for (const type of Object.values(this.schema.getTypeMap())) {
      if (!isObjectType(type) || type.name.startsWith('__')) continue;
      for (const field of Object.values(type.getFields())) {
        if (isLive(field)) field.resolve = withId(field.resolve as Resolver);
        else if (this.#isBelow(type)) field.resolve = byKey;
        else if (this.isAnswering(field) && (type === query || field.name !== AS_OF))
          field.resolve = type === query ? root : byId;
      }
    }
  }

  /** Whether the store alone answers this field. */
  isAnswering(field: GraphQLField<unknown, unknown>): boolean {
    const target = getNamedType(field.type);
    if (field.name === AS_OF) return true;
    return isObjectType(target) && plannedKind(this.#planned, target) !== undefined;
  }

  /** Whether objects of this type come out of the store, under the keys of the answer. */
  #isBelow(type: GraphQLObjectType): boolean {
    const item = type.name.endsWith('Edge') ? type.name.slice(0, -'Edge'.length) : undefined;
    if (item !== undefined) return this.#planned.entities.has(item);
    return plannedKind(this.#planned, type) !== undefined || type.name === 'PageInfo';
  }

  #read(info: GraphQLResolveInfo, actor: Actor, id?: string): unknown {
    const field = info.parentType.getFields()[info.fieldName] as never;
    const plan = planField(this.#planned, info.fragments as never, info.variableValues, field, info.fieldNodes, id);
    return JSON.parse(this.reader.read(plan, plan.args(info.variableValues), viewerOf(actor))).it;
  }
}

const gone = (noun: string, id: string) =>
  new GantryError('NOT_FOUND', `The ${noun.toLowerCase()} ${JSON.stringify(id)} was deleted since.`);

// Two fields with the same name and other arguments differ in their keys only.
const byKey: Resolver = (source, _args, _context, info) =>
  source[source instanceof FoundPageInfo ? info.fieldName : info.path.key];

/** For a field that is not in the store: a read has put the id of the thing where its value goes. */
const withId =
  (resolve: Resolver): Resolver =>
  (source, args, context, info) => {
    const { key } = info.path;
    // The schema of the dialects is made of the public one: there this is done once more.
    return resolve({ id: source[key], [key]: source[key] }, args, context, info);
  };

const fragmentsOf = (document: DocumentNode): Record<string, FragmentDefinitionNode> =>
  Object.fromEntries(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );

/** The variables that `@skip` and `@include` look at. */
function conditionsOf(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Directive: (directive) => {
      for (const { value } of directive.arguments ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}
