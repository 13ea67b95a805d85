// Runs the documents of the house, in process: reads as one statement where the planner can, all else as GraphQL does.
import { type DocumentNode, execute, GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import type { Context } from './context.ts';
import type { FormatError } from './errors.ts';
import type { Planner } from './planner.ts';

/** Data under the keys of the document, or errors with their codes as every caller of the graph sees them. */
export type Answer =
  | { readonly data: Record<string, unknown>; readonly errors?: undefined }
  | { readonly errors: readonly GraphQLFormattedError[] };

export class Executor {
  constructor(
    readonly schema: GraphQLSchema,
    private readonly planner: Planner,
    private readonly format: FormatError,
  ) {}

  /** The document has to have been validated. */
  async run(document: DocumentNode, variables: Record<string, unknown>, context: Context): Promise<Answer> {
    try {
      const read = this.planner.answer(document, null, variables, context.actor);
      if (read !== undefined) return { data: JSON.parse(read) };
    } catch (error) {
      return { errors: [this.#formatted(error)] };
    }
    const { data, errors } = await execute({
      schema: this.schema,
      document,
      variableValues: variables,
      contextValue: context,
    });
    if (errors) return { errors: errors.map((error) => this.#formatted(error)) };
    return { data: data as Record<string, unknown> };
  }

  #formatted(error: unknown): GraphQLFormattedError {
    const told = error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error });
    return this.format(told.toJSON(), told);
  }
}
