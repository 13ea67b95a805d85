// Reads: one statement whatever the number of rows, only the columns asked for, and GraphQL's own rules about keys and directives.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, subscribeOnce, type TestGateway } from '../kit/gateway.ts';

let gateway: TestGateway;

const createNodes = async (instance: string, count: number) => {
  for (let index = 0; index < count; index++) {
    await gateway.run('mutation ($input: CreateNodeInput!) { createNode(input: $input) { node { id } } }', {
      input: { instance, name: `node ${index}`, ipAddress: '127.0.0.1', username: 'u', password: 'p' },
    });
  }
};

beforeAll(async () => {
  gateway = await startGateway();
  for (const name of ['One', 'Two', 'Three']) {
    await gateway.run('mutation ($input: CreateInstanceInput!) { createInstance(input: $input) { instance { id } } }', {
      input: { name, stats: { type: 'graphite', deep: { $ne: [1, null, 'é'] } } },
    });
  }
  await createNodes('IN1', 2);
});

afterAll(() => gateway[Symbol.asyncDispose]());

const DEEP = `{
  instances { nodes { id name nodes { totalCount nodes { id name instance { id } } } services(first: 10) { nodes { id processes(first: 10) { nodes { id } } } } } }
  users { nodes { email } }
}`;

describe('statements', () => {
  it('a nested query is one statement, and more rows do not make it more', async () => {
    const few = await gateway.statements(() => gateway.run(DEEP));
    await createNodes('IN2', 10);
    const many = await gateway.statements(() => gateway.run(DEEP));
    expect(few).toHaveLength(1);
    expect(many).toEqual(few);
  });

  it('columns that nobody asked for are not read', async () => {
    const [sql] = await gateway.statements(() => gateway.run('{ nodes { nodes { id name } } }'));
    expect(sql).toContain('"name"');
    for (const column of ['ip_address', 'password_sealed', 'host_keys', 'description', 'instance_id', '.*'])
      expect(sql).not.toContain(column);
  });

  it('the same document with other values uses the same statement', async () => {
    const query =
      'query ($name: String, $first: Int) { instances(first: $first, filter: { name: { contains: $name } }) { nodes { id } } }';
    const [one] = await gateway.statements(() => gateway.run(query, { name: 'O', first: 2 }));
    const [two] = await gateway.statements(() => gateway.run(query, { name: "x' or 1=1 --", first: 2 }));
    expect(two).toBe(one);
  });

  it('what a mutation answers is one statement, too', async () => {
    const sql = await gateway.statements(() =>
      gateway.run(
        'mutation { updateInstance(id: "IN1", input: {}) { instance { id nodes { nodes { id instance { name } } } } } }',
      ),
    );
    expect(sql).toHaveLength(1);
  });
});

describe('answers', () => {
  it('fields come under their keys in the order of the document, aliases and fragments included', async () => {
    const data = await gateway.run(
      `
      query ($yes: Boolean!, $no: Boolean!) {
        b: instance(id: "IN2") { ...names name title: name @include(if: $yes) description @include(if: $no) __typename }
        a: instance(id: "IN1") { nodes(first: 1) { nodes { id } } all: nodes { nodes { id } count: totalCount } ... on Instance { isActive } }
        none: instance(id: "IN99") { id }
        odd: instance(id: "Robert'); drop table instance;--") { id }
      }
      fragment names on Instance { name id }`,
      { yes: true, no: false },
    );
    expect(JSON.stringify(data)).toBe(
      JSON.stringify({
        b: { name: 'Two', id: 'IN2', title: 'Two', __typename: 'Instance' },
        a: {
          nodes: { nodes: [{ id: 'ND1' }] },
          all: { nodes: [{ id: 'ND1' }, { id: 'ND2' }], count: 2 },
          isActive: true,
        },
        none: null,
        odd: null,
      }),
    );
  });

  it('the long way, over a socket, answers the same as the short one', async () => {
    const query =
      '{ x: instances(first: 2) { edges { c: cursor node { id alias: name stats nodes { totalCount } } } pageInfo { hasNextPage endCursor } totalCount __typename } }';
    expect(await subscribeOnce(gateway, query)).toEqual((await gateway.run(query)).x);
  });

  it('JSON attributes come back as they were given', async () => {
    const stats = {
      z: 1,
      a: { $gt: '', __raw: true, sql: 'drop table instance', constructor: { prototype: 1 } },
      list: [1.5, -0.25, 'ü', '\u2028', null, true],
      '': {},
    };
    const { createInstance } = await gateway.run(
      'mutation ($stats: JSONObject!) { createInstance(input: { name: "J", stats: $stats }) { instance { id stats } } }',
      { stats },
    );
    expect(JSON.stringify(createInstance.instance.stats)).toBe(JSON.stringify(stats));
    const { instance } = await gateway.run('query ($id: ID!) { instance(id: $id) { stats } }', {
      id: createInstance.instance.id,
    });
    expect(JSON.stringify(instance.stats)).toBe(JSON.stringify(stats));
  });

  it('no field of the schema shows a password, a key or a hash', async () => {
    const { __schema } = await gateway.run('{ __schema { types { name kind fields { name } } } }');
    const outputs = __schema.types.filter((type: { kind: string }) => type.kind === 'OBJECT');
    const names = outputs.flatMap((type: { fields: { name: string }[] }) => type.fields.map((field) => field.name));
    expect(names.filter((name: string) => /password|passphrase|privateKey|hash|sealed/i.test(name))).toEqual([]);
  });
});
