// Limits on what comes from outside, in one place: what a document, a body and an answer's errors may come to.
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { badInput } from '../errors.ts';
import { costOf } from './cost.ts';
import type { TrustedDocuments } from './documents.ts';

/** Words of a document. GraphiQL's introspection has about 300; with twice as many, nesting alone would end the parser's stack. */
export const MAX_TOKENS = 2_000;

/** Errors of one answer: the first ones tell what is wrong, thousands of them are work for both sides. */
export const MAX_ERRORS = 10;

// A recursion over more would end the stack. JSON that is kept is judged more strictly by the platform, which can name the field.
const MAX_BODY_DEPTH = 2_000;

export interface DocumentLimits {
  readonly maxCost: number;
  /** The only documents that are answered, if there is such a list. */
  readonly trusted: TrustedDocuments | undefined;
}

/** What the document costs. Throws TOO_COSTLY, or DOCUMENT_NOT_TRUSTED. */
export function expectAllowed(
  { maxCost, trusted }: DocumentLimits,
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
  variables: Record<string, unknown>,
): number {
  trusted?.expect(document, operationName);
  return costOf(schema, document, operationName, variables, maxCost);
}

/** Throws BAD_USER_INPUT for a body that is nested too deep. Walked level by level, not by a recursion. */
export function expectShallow(body: unknown): void {
  let level = [body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_BODY_DEPTH) throw badInput(`The body may be nested ${MAX_BODY_DEPTH} levels deep.`);
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
}
