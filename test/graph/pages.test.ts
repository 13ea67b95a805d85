// Pages: every walk through a list sees each row once, in order, whatever is inserted or deleted meanwhile.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { fc, property } from '../kit/property.ts';

let gateway: TestGateway;
const NAMES = ['b', 'a', 'c', 'a', 'b', 'B', 'ä', 'a%', "a'", 'c'];

beforeAll(async () => {
  gateway = await startGateway();
  for (const [index, name] of NAMES.entries()) {
    await gateway.run('mutation ($input: CreateTenantInput!) { createTenant(input: $input) { tenant { id } } }', {
      input: { id: `t${index}`, name },
    });
  }
});

afterAll(() => gateway[Symbol.asyncDispose]());

const PAGE = `query ($first: Int, $after: Cursor, $last: Int, $before: Cursor, $orderBy: TenantOrder, $filter: TenantFilter) {
  tenants(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, filter: $filter) {
    nodes { id name } edges { cursor node { id } } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

const page = async (variables: object) => (await gateway.run(PAGE, variables)).tenants;

/** All ids, page by page, from one end. */
async function walk(size: number, orderBy: object | undefined, backward: boolean): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  for (;;) {
    const { edges, pageInfo, nodes } = await page(
      backward ? { last: size, before: cursor, orderBy } : { first: size, after: cursor, orderBy },
    );
    expect(nodes.map((node: { id: string }) => node.id)).toEqual(
      edges.map((edge: { node: { id: string } }) => edge.node.id),
    );
    expect(pageInfo.startCursor).toBe(edges[0]?.cursor ?? null);
    expect(pageInfo.endCursor).toBe(edges.at(-1)?.cursor ?? null);
    const found = nodes.map((node: { id: string }) => node.id);
    if (backward) ids.unshift(...found);
    else ids.push(...found);
    if (!(backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage)) return ids;
    cursor = backward ? pageInfo.startCursor : pageInfo.endCursor;
  }
}

const orders = fc.option(
  fc.record({ field: fc.constantFrom('ID', 'NAME', 'CREATED_AT'), direction: fc.constantFrom('ASC', 'DESC') }),
  { nil: undefined },
);

describe('a walk', () => {
  property(
    'of any page size, order and end sees every row once, in order',
    [fc.integer({ min: 1, max: 11 }), orders, fc.boolean()],
    async (size, orderBy, backward) => {
      const ids = await walk(size, orderBy, backward);
      const whole = (await page({ first: 100, orderBy })).nodes;
      expect(ids).toEqual(whole.map((node: { id: string }) => node.id));
      expect(new Set(ids).size).toBe(NAMES.length);
    },
  );

  it('goes on where it was after rows were added and deleted before its place', async () => {
    const first = await page({ first: 4 });
    await gateway.run('mutation { createTenant(input: { id: "a-new-one", name: "x" }) { tenant { id } } }');
    await gateway.run('mutation { deleteTenant(id: "t3") { id } }');
    const second = await page({ first: 3, after: first.pageInfo.endCursor });
    expect(second.nodes.map((node: { id: string }) => node.id)).toEqual(['t4', 't5', 't6']);
    expect(second.pageInfo.hasPreviousPage).toBe(true);
    await gateway.run('mutation { deleteTenant(id: "a-new-one") { id } }');
    await gateway.run('mutation { createTenant(input: { id: "t3", name: "a" }) { tenant { id } } }');
  });
});

describe('a page of which only a part is asked', () => {
  it.each([
    ['totalCount', { totalCount: 0 }],
    ['__typename', { __typename: 'TenantConnection' }],
    ['pageInfo { hasPreviousPage }', { pageInfo: { hasPreviousPage: false } }],
    ['pageInfo { hasNextPage endCursor }', { pageInfo: { hasNextPage: false, endCursor: null } }],
    ['nodes { id }', { nodes: [] }],
  ])('%s of an empty list', async (part, answer) => {
    const { tenants, instances } = await gateway.run(
      `{ tenants(filter: { id: [] }) { ${part} } instances { nodes { tenants { ${part} } } } }`,
    );
    expect({ tenants, instances }).toEqual({ tenants: answer, instances: { nodes: [] } });
  });

  it('the far side of a page from the end, of many rows', async () => {
    expect(await gateway.run('{ tenants(last: 2) { pageInfo { hasNextPage } } }')).toEqual({
      tenants: { pageInfo: { hasNextPage: false } },
    });
  });
});

describe('filters', () => {
  it.each([
    [{ name: { eq: 'a' } }, ['t1', 't3']],
    [{ name: { eq: 'B', ignoreCase: true } }, ['t0', 't4', 't5']],
    [{ name: { contains: '%' } }, ['t7']],
    [{ name: { startsWith: "a'" } }, ['t8']],
    [{ name: { in: ['c', 'ä'] } }, ['t2', 't6', 't9']],
    [{ name: { in: ['C', 'B'], ignoreCase: true } }, ['t0', 't2', 't4', 't5', 't9']],
    [{ id: ['t1', 't9', 'none'] }, ['t1', 't9']],
    [{ id: [] }, []],
    [{ instance: 'IN1' }, []],
    [{ instance: 'no id' }, []],
    [{ name: null }, ['t0', 't1', 't2', 't3', 't4', 't5', 't6', 't7', 't8', 't9']],
  ])('%j finds %j', async (filter, ids) => {
    const { nodes, totalCount } = await page({ filter });
    expect(nodes.map((node: { id: string }) => node.id)).toEqual(ids);
    expect(totalCount).toBe(ids.length);
  });
});

describe('what does not fit is refused', () => {
  it.each([
    [{ first: -1 }, 'first'],
    [{ first: 101 }, 'first'],
    [{ last: 101 }, 'last'],
    [{ first: 1, last: 1 }, 'last'],
    [{ after: 'x' }, 'after'],
    [{ after: '7b7d' }, 'after'],
    [{ before: '5b22' }, 'before'],
  ])('%j', async (variables, field) => {
    const [error] = await gateway.errors(PAGE, variables);
    expect(error?.extensions).toEqual({ code: 'BAD_USER_INPUT', field });
  });

  it('a cursor of another order', async () => {
    const { pageInfo } = await page({ first: 1, orderBy: { field: 'NAME' } });
    const [error] = await gateway.errors(PAGE, { after: pageInfo.endCursor });
    expect(error?.message).toMatch(/ordered by name/);
  });

  property('any text as a cursor, without an unexpected error', [fc.string({ maxLength: 60 })], async (after) => {
    for (const error of await gateway.errors(PAGE, { after })) expect(error.extensions.code).toBe('BAD_USER_INPUT');
  });
});
