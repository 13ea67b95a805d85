// Asks the platform for the right to each root field that acts, or looks at more than the store, before anything of it runs.
import {
  defaultFieldResolver,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  Kind,
  parse,
} from 'graphql';
import type { Actor } from '../platform/actor.ts';
import { expectRight, RIGHTS, unauthenticated } from '../platform/rights.ts';
import type { Context } from './context.ts';
import { MAX_TOKENS } from './limits.ts';
import type { Planner } from './planner.ts';

type Field = GraphQLField<unknown, Context, Record<string, unknown>>;
type Run = GraphQLFieldResolver<unknown, Context, Record<string, unknown>>;

/**
 * Every mutation and subscription, and the queries that the planner does not answer: it shows each reader only what they see. Throws, at the
 * start, for a field that the table of rights does not have.
 */
export function guardRoots(schema: GraphQLSchema, planner: Planner): void {
  const query = Object.values(schema.getQueryType()?.getFields() ?? {}).filter((field) => !planner.isAnswering(field));
  const mutation = Object.values(schema.getMutationType()?.getFields() ?? {});
  const subscription = Object.values(schema.getSubscriptionType()?.getFields() ?? {});
  for (const field of [...query, ...mutation]) field.resolve = guarded(field, field.resolve ?? defaultFieldResolver);
  for (const field of subscription) field.subscribe = guarded(field, field.subscribe as Run);
}

function guarded(field: Field, run: Run): Run {
  if (!RIGHTS[field.name]) throw new Error(`Nobody has said who may ${field.name}: add it to platform/rights.ts.`);
  return (source, args, context, info) => {
    expectRight(context.platform, context.actor, field.name, args);
    return run(source, args, context, info);
  };
}

/** Who has shown nothing may log in, and gets to know nothing else, not even whether a document is good. Throws UNAUTHENTICATED. */
export function expectKnown(actor: Actor, body: unknown): void {
  if (actor.role === undefined && !isFree((body as { query?: unknown } | undefined)?.query)) throw unauthenticated();
}

function isFree(query: unknown): boolean {
  try {
    const { definitions } = parse(String(query), { maxTokens: MAX_TOKENS });
    return definitions.every(
      (definition) =>
        definition.kind === Kind.OPERATION_DEFINITION &&
        definition.selectionSet.selections.every(
          (each) => each.kind === Kind.FIELD && RIGHTS[each.name.value]?.role === 'NOBODY',
        ),
    );
  } catch {
    return false;
  }
}
