// What each role meets at each root field and each field of the graph, on its own side and on a foreign one. Generated from the schema, so that
// a new field is asked for without anybody thinking of it.
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { RIGHTS } from '../../src/platform/rights.ts';
import type { House, Role, Side } from '../kit/access.ts';
import type { Asking, Data } from '../kit/gateway.ts';

/** By role, then by side; a word where both sides are the same. */
type Row = Readonly<Record<string, string>>;

const NOWHERE = 'IN999999';

/** A literal that fits the type, with nothing in it that need not be. */
function literal(type: GraphQLInputType, id: string): string {
  if (isNonNullType(type)) return literal(type.ofType, id);
  if (isListType(type)) return '[]';
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter((each) => isNonNullType(each.type));
    return `{ ${fields.map((each) => `${each.name}: ${literal(each.type, id)}`).join(', ')} }`;
  }
  return SCALARS[type.name] ?? JSON.stringify(type.name === 'ID' ? id : 'x');
}

const SCALARS: Readonly<Record<string, string>> = {
  Int: '1',
  Float: '1',
  Long: '1',
  Boolean: 'false',
  JSONObject: '{}',
  Duration: '"PT0S"',
};

const needed = (argument: GraphQLArgument) => isNonNullType(argument.type) && argument.defaultValue === undefined;

/** A call of a root field, with the least that it can be called with. */
export function call(field: GraphQLField<unknown, unknown>, id: string): string {
  const given = field.args.filter((each) => needed(each) || each.name === 'wait');
  const args = given.map((each) => `${each.name}: ${literal(each.type, id)}`).join(', ');
  return `${field.name}${args ? `(${args})` : ''}${isObjectType(getNamedType(field.type)) ? ' { __typename }' : ''}`;
}

/** `allowed`, or the code it is refused with. What fails for another reason was allowed. */
export async function outcomeOf(by: Asking, operation: string, text: string): Promise<string> {
  const [error] = await by.errors(`${operation} { ${text} }`);
  const code = error?.extensions.code;
  return code && ['FORBIDDEN', 'UNAUTHENTICATED', 'NOT_FOUND'].includes(code) ? code : 'allowed';
}

/** The noun whose id a root field takes. */
const nounOf = (field: string): keyof Side | undefined =>
  (RIGHTS[field]?.sees?.noun ?? (field === 'revokeToken' ? 'Token' : undefined)) as keyof Side | undefined;

/** What a role meets at a mutation. An ADMIN is asked with ids that are nowhere: nothing of the house is to change. */
async function mutationRow(house: House, field: GraphQLField<unknown, unknown>): Promise<Row> {
  const noun = nounOf(field.name);
  const ask = (role: Role, id: string) => outcomeOf(house.by[role], 'mutation', call(field, id));
  const admin = await ask('ADMIN', NOWHERE);
  const rows: Record<string, string> = { ADMIN: admin === 'NOT_FOUND' ? 'allowed' : admin };
  for (const role of ['OPERATOR', 'VIEWER'] as const) {
    if (!noun) rows[role] = await ask(role, NOWHERE);
    else rows[role] = together(await ask(role, house.own[noun]), await ask(role, house.foreign[noun]));
  }
  rows.nobody = await outcomeOf(house.gateway, 'mutation', call(field, NOWHERE));
  return rows;
}

const together = (own: string, foreign: string) => (own === foreign ? own : `own: ${own}, foreign: ${foreign}`);

/** Whether a role gets to see the field of a thing: `shown` is any value, also null and an empty list, of a thing that is there. */
async function fieldRows(house: House, schema: GraphQLSchema, type: GraphQLObjectType): Promise<[string, Row][]> {
  const root = type.name.charAt(0).toLowerCase() + type.name.slice(1);
  const argument = schema.getQueryType()?.getFields()[root]?.args[0]?.name ?? 'id';
  const noun = type.name as keyof Side;
  const rows: [string, Row][] = [];
  for (const field of Object.values(type.getFields())) {
    const row: Record<string, string> = {};
    for (const role of ['ADMIN', 'OPERATOR', 'VIEWER'] as const) {
      const look = async (id: string) => {
        const data = await house.by[role].run(`{ ${root}(${argument}: ${JSON.stringify(id)}) { ${selected(field)} } }`);
        return toldOf(data[root], field);
      };
      row[role] = together(await look(house.own[noun]), await look(house.foreign[noun]));
    }
    rows.push([`${type.name}.${field.name}`, row]);
  }
  return rows;
}

function selected(field: GraphQLField<unknown, unknown>): string {
  const type = getNamedType(field.type);
  if (!isObjectType(type)) return field.name;
  return `${field.name} { ${type.name.endsWith('Connection') ? 'totalCount' : '__typename'} }`;
}

function toldOf(thing: Data, field: GraphQLField<unknown, unknown>): string {
  if (thing === null) return 'hidden';
  const value = thing[field.name];
  if (value !== null && typeof value === 'object' && 'totalCount' in value) return `${value.totalCount} of them`;
  return value === null ? 'null' : 'shown';
}

const THINGS = [
  'Instance',
  'Tenant',
  'User',
  'Integration',
  'Node',
  'Service',
  'Process',
  'Operation',
  'Tombstone',
  'Token',
];

/** Of what goes on happening, only what is the same in every run. */
const SETTLED: Readonly<Record<string, string>> = { events: '(filter: { types: [CREATED] })' };

/** Reads before mutations, which change what there is to read. */
export async function tableOf(house: House, schema: GraphQLSchema): Promise<string> {
  const rows: [string, Row][] = [];
  for (const field of Object.values(schema.getQueryType()?.getFields() ?? {})) {
    if (!getNamedType(field.type).name.endsWith('Connection')) continue;
    const row: Record<string, string> = {};
    for (const role of ['ADMIN', 'OPERATOR', 'VIEWER'] as const) {
      const { list } = await house.by[role].run(`{ list: ${field.name}${SETTLED[field.name] ?? ''} { totalCount } }`);
      row[role] = `${list.totalCount} of them`;
    }
    rows.push([`query ${field.name}`, row]);
  }
  for (const name of THINGS) rows.push(...(await fieldRows(house, schema, schema.getType(name) as GraphQLObjectType)));
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {}))
    rows.push([`mutation ${field.name}`, await mutationRow(house, field)]);
  const cells = (row: Row) => COLUMNS.map((column) => row[column] ?? '').join(' | ');
  const lines = rows.map(([key, row]) => `| ${key} | ${cells(row)} |`);
  return `${['', '', ...COLUMNS, ''].join(' | ').trim()}\n|${'---|'.repeat(COLUMNS.length + 1)}\n${lines.sort().join('\n')}\n`;
}

const COLUMNS = ['ADMIN', 'OPERATOR', 'VIEWER', 'nobody'];
