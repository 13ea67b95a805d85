// What is asked: three reads as documents, and the requests that are sent for each.

export interface Case {
  readonly name: string;
  readonly query: string;
  readonly variables: readonly Readonly<Record<string, string>>[];
}

/** How much there is; the page sizes in the documents hold all of it. */
export const SIZES = {
  instances: 50,
  nodes: 20,
  services: 20,
  processes: 2,
  tenants: 60,
  users: 1000,
} as const;

export const INSTANCE = 'query ($id: ID!) { instance(id: $id) { id name zk redis auth api version } }';

export const DEEP = `{
  instances(first: 50) {
    nodes {
      id
      name
      nodes(first: 20) { nodes { id name ipAddress status } }
      services(first: 20) { nodes { id name type processes(first: 40) { nodes { id status } } } }
    }
  }
}`;

export const USERS = `query ($after: Cursor) {
  users(first: 100, after: $after) {
    nodes { email name tenants { nodes { id name } } }
    pageInfo { endCursor hasNextPage }
  }
}`;

export const emailOf = (user: number) => `user-${String(user).padStart(4, '0')}@example.com`;

/** A cursor as Gantry writes it, so that every server can be sent the same request. */
export const cursorOf = (email: string) => Buffer.from(JSON.stringify(['key', email, email])).toString('hex');

export const emailOfCursor = (cursor: string) => JSON.parse(Buffer.from(cursor, 'hex').toString())[1] as string;

const PAGE = 100;

export const CASES: readonly Case[] = [
  {
    name: 'one instance by id',
    query: INSTANCE,
    variables: Array.from({ length: SIZES.instances }, (_, index) => ({ id: `IN${index + 1}` })),
  },
  { name: 'the deep graph', query: DEEP, variables: [{}] },
  {
    name: 'a page of 100 users with their tenants',
    query: USERS,
    variables: Array.from({ length: SIZES.users / PAGE - 1 }, (_, page) => ({
      after: cursorOf(emailOf((page + 1) * PAGE)),
    })),
  },
];

/** The same question with one field more that is not the store's to answer, so that Gantry answers field by field. */
export const withTypename = ({ name, query, variables }: Case): Case => ({
  name,
  variables,
  query: query.replace('{', '{ __typename'),
});

export const bodiesOf = ({ query, variables }: Case): string[] =>
  variables.map((values) => JSON.stringify({ query, variables: values }));
