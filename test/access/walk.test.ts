// Every root field and every field of every thing, for every role, on one's own side and on a foreign one, against the table beside this file.
// A field that is not in there fails: whoever adds one runs this with `-u`, and reads what it wrote.
import { type GraphQLObjectType, type GraphQLSchema, getNamedType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSchema } from '../../src/graph/schema.ts';
import { RIGHTS } from '../../src/platform/rights.ts';
import { type House, openHouse } from '../kit/access.ts';
import { call, outcomeOf, tableOf } from './outcomes.ts';

const schema: GraphQLSchema = buildSchema();
const fieldsOf = (type: GraphQLObjectType | undefined | null) => Object.values(type?.getFields() ?? {});

let house: House;
beforeAll(async () => {
  // The deep query asks for more than anybody should.
  house = await openHouse({ GANTRY_MAX_COST: '100000000' });
});
afterAll(() => house[Symbol.asyncDispose]());

describe('queries', () => {
  it('that look at more than the store ask for the right', async () => {
    for (const field of fieldsOf(schema.getQueryType())) {
      const noun = RIGHTS[field.name]?.sees?.noun as keyof House['own'] | undefined;
      if (!noun || !field.args.some((each) => each.name === RIGHTS[field.name]?.sees?.argument)) continue;
      if (field.name === 'operation') continue;
      expect(await outcomeOf(house.by.VIEWER, 'query', call(field, house.foreign[noun]))).toBe('NOT_FOUND');
      expect(await outcomeOf(house.by.VIEWER, 'query', call(field, house.own[noun]))).toBe('allowed');
    }
  });

  it('never show a word of the foreign side, however deep they go', async () => {
    const deep = everything(schema, schema.getQueryType() as GraphQLObjectType, 4, 20);
    const roots = deep.filter((root) => /^\w+\(first: 20\)/.test(root));
    expect(roots.length).toBeGreaterThan(5);
    for (const root of roots) {
      expect(JSON.stringify(await house.by.ADMIN.run(`{ ${root} }`))).toMatch(/foreign/);
      for (const role of ['OPERATOR', 'VIEWER'] as const)
        expect(JSON.stringify(await house.by[role].run(`{ ${root} }`))).not.toMatch(/foreign/);
    }
  });

  it('cannot be asked by a filter for what belongs to things that are not seen', async () => {
    const { users } = await house.by.VIEWER.run(
      `{ users(filter: { tenants: "${house.foreign.Tenant}" }) { totalCount } }`,
    );
    expect(users.totalCount).toBe(0);
    const { processes } = await house.by.VIEWER.run(
      `{ processes(filter: { node: "${house.own.Node}" }) { totalCount } }`,
    );
    expect(processes.totalCount).toBe(0);
  });
});

describe('subscriptions', () => {
  it.each(fieldsOf(schema.getSubscriptionType()))('$name tells nobody of a foreign thing', async (field) => {
    const noun = RIGHTS[field.name]?.sees?.noun as keyof House['own'] | undefined;
    if (!noun) return;
    const watching = house.by.VIEWER.subscribe(`subscription { ${call(field, house.foreign[noun])} }`);
    await watching.until(() => watching.errors[0], 'the refusal');
    expect(watching.errors[0]?.extensions.code).toBe('NOT_FOUND');
    watching.close();
  });

  it('processStatus tells of what is seen, and goes on to when a tenant moves', async () => {
    const watching = house.by.VIEWER.subscribe('subscription { processStatus { processId } }');
    const told = await watching.until((values) => (values.length > 0 ? values : undefined));
    expect(told.map(({ processId }) => processId)).toEqual([house.own.Process]);
    watching.close();
  });
});

// Last: the mutations in it change what there is to see.
it('everyone meets what the table says', async () => {
  await expect(await tableOf(house, schema)).toMatchFileSnapshot('table.md');
});

/** Each field of a type with all below it, so deep; pages small, for what it comes to. */
function everything(from: GraphQLSchema, type: GraphQLObjectType, depth: number, page = 3): string[] {
  return Object.values(type.getFields()).flatMap((field) => {
    if (field.args.some((each) => String(each.type).endsWith('!') && each.defaultValue === undefined)) return [];
    const target = getNamedType(field.type);
    if (!isObjectType(target)) return [field.name];
    if (depth === 0) return [];
    const item = target.name.endsWith('Connection') ? getNamedType(target.getFields().nodes?.type) : undefined;
    const inner = everything(from, (item ?? target) as GraphQLObjectType, depth - 1);
    if (inner.length === 0) return [];
    return [
      item
        ? `${field.name}(first: ${page}) { nodes { ${inner.join(' ')} } totalCount }`
        : `${field.name} { ${inner.join(' ')} }`,
    ];
  });
}
