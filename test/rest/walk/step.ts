// A step of the random walk: the same wish as a mutation of the graph and as a request of a dialect.
import fc from 'fast-check';
import type { TestGateway } from '../../kit/gateway.ts';

export interface Step {
  readonly mutation: string;
  readonly variables: (gateway: TestGateway) => Promise<Record<string, unknown>>;
  readonly request: (gateway: TestGateway) => Promise<readonly [method: string, path: string, body?: object]>;
}

export const kebab = (input: object) =>
  Object.fromEntries(
    Object.entries(input).map(([key, value]) => [key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), value]),
  );

/** A step whose variables and body do not depend on what the gateway has made up. */
export const step = (
  mutation: string,
  variables: Record<string, unknown>,
  ...request: readonly [string, string, object?]
): Step => ({
  mutation,
  variables: async () => variables,
  request: async () => request,
});

// Small spaces, so that steps meet what others left behind, and what is not there.
export const id = (prefix: string) => fc.integer({ min: 1, max: 3 }).map((number) => `${prefix}${number}`);
/** Now and then one that is refused. */
export const mostly = <T>(good: fc.Arbitrary<T>, bad: T) =>
  fc.oneof({ weight: 15, arbitrary: good }, { weight: 1, arbitrary: fc.constant(bad) });

export const text = mostly(fc.constantFrom('a', 'B c', 'é\u{1f600}', ' x '), '');
export const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
export const some = <T extends object>(shape: { [key in keyof T]: fc.Arbitrary<T[key]> }) =>
  fc.record(shape, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
export const json = fc.dictionary(
  fc.constantFrom('port', 'a-b', '$ne', '__raw'),
  fc.constantFrom(1, null, 'x', [1, { b: null }]),
);

export const INSTANCE_INPUT =
  'mutation ($input: CreateInstanceInput!) { createInstance(input: $input) { instance { id } } }';
export const update = (noun: string, field = noun.toLowerCase()) =>
  `mutation ($id: ID!, $input: Update${noun}Input!) { update${noun}(id: $id, input: $input) { ${field} { id: __typename } } }`;
export const create = (noun: string) =>
  `mutation ($input: Create${noun}Input!) { create${noun}(input: $input) { ${noun.toLowerCase()} { id: __typename } } }`;
export const remove = (noun: string) => `mutation ($id: ID!) { delete${noun}(id: $id) { id } }`;
export const pair = (mutation: string, one: string, other: string) =>
  `mutation ($one: ID!, $other: ID!) { ${mutation}(${one}: $one, ${other}: $other) { tenant { id } } }`;
