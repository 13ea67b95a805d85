// Sends mutations of the table over HTTP, typed as the schema has them.
import type { GraphQLField } from 'graphql';
import { buildSchema } from '../../../src/graph/schema.ts';
import type { GraphError, TestGateway } from '../../kit/gateway.ts';
import type { Repeated } from './mutations.ts';

export const FIELDS = buildSchema().getMutationType()?.getFields() ?? {};

export type Args = Readonly<Record<string, unknown>>;

export interface Answered {
  readonly data: Record<string, unknown> | null;
  readonly errors?: readonly GraphError[];
  readonly extensions?: { readonly idempotencyReplayed?: readonly string[] };
  readonly isMarked: boolean;
}

/** One mutation, its values as variables or written into the document. */
export async function send(
  gateway: TestGateway,
  name: string,
  row: Repeated,
  args: Args,
  inline = false,
): Promise<Answered> {
  const types = (FIELDS[name] as GraphQLField<unknown, unknown>).args.filter((each) => each.name in args);
  const value = (each: (typeof types)[number]) => (inline ? literal(args[each.name]) : `$${each.name}`);
  const declared = inline ? '' : `(${types.map((each) => `$${each.name}: ${each.type}`).join(', ')})`;
  const query = `mutation ${declared} { it: ${name}(${types.map((each) => `${each.name}: ${value(each)}`).join(', ')}) { ${row.answer} } }`;
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: inline ? {} : args }),
  });
  return {
    ...((await response.json()) as Answered),
    isMarked: response.headers.get('idempotency-replayed') === 'true',
  };
}

/** As it stands in a document. The last keys go first: the order of keys is no other input. Words in capitals are words of enums. */
function literal(value: unknown): string {
  if (typeof value === 'string' && /^[A-Z]+$/.test(value)) return value;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, each]) => `${key}: ${literal(each)}`);
  return `{ ${fields.reverse().join(', ')} }`;
}
