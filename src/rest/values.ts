// Whether a value of a body fits a variable of a document, strictly: nothing is turned into something else to make it fit.
import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLID,
  type GraphQLInputType,
  GraphQLInt,
  GraphQLString,
  isEnumType,
  isListType,
  isNonNullType,
} from 'graphql';
import type { Spelling } from './dialect.ts';

const MAX_INT = 2 ** 31 - 1;

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown) => typeof value === 'string';

/** What fits a scalar, and how that is said. */
const SCALARS: Readonly<Record<string, readonly [says: string, fits: (value: unknown) => boolean]>> = {
  [GraphQLString.name]: ['text', isText],
  [GraphQLID.name]: ['text', isText],
  [GraphQLBoolean.name]: ['true or false', (value) => typeof value === 'boolean'],
  [GraphQLInt.name]: [
    `a whole number between -${MAX_INT} and ${MAX_INT}`,
    (value) => Number.isInteger(value) && Math.abs(value as number) <= MAX_INT,
  ],
  Long: ['a whole number', Number.isSafeInteger],
  [GraphQLFloat.name]: ['a number', (value) => typeof value === 'number'],
  JSONObject: ['a JSON object', isObject],
};

/** The value as the graph takes it, or what it would have to be. */
export type Read = (value: unknown) => { readonly value: unknown } | { readonly wanted: string };

/** How values of a type are read. `name` is spelt already. */
export function readerOf(type: GraphQLInputType, spelling: Spelling): Read {
  if (isNonNullType(type)) {
    const read = readerOf(type.ofType, spelling);
    return (value) => (value === null ? { wanted: 'given, not null' } : read(value));
  }
  if (isListType(type)) return listReader(readerOf(type.ofType, spelling));
  if (isEnumType(type)) {
    const words = new Map(type.getValues().map(({ name }) => [spelling.word(name), name]));
    const wanted = `one of ${[...words.keys()].join(', ')}`;
    return nullOr((value) => {
      const word = typeof value === 'string' ? words.get(value) : undefined;
      return word === undefined ? { wanted } : { value: word };
    });
  }
  const scalar = SCALARS[type.name];
  if (!scalar) throw new Error(`no dialect knows how to read ${type.name}`);
  const [wanted, fits] = scalar;
  return nullOr((value) => (fits(value) ? { value } : { wanted }));
}

const nullOr =
  (read: Read): Read =>
  (value) =>
    value === null ? { value } : read(value);

function listReader(each: Read): Read {
  return nullOr((value) => {
    if (!Array.isArray(value)) return { wanted: 'a list' };
    const list: unknown[] = [];
    for (const item of value) {
      const one = each(item);
      if ('wanted' in one) return { wanted: `a list, each of it ${one.wanted}` };
      list.push(one.value);
    }
    return { value: list };
  });
}

/** A value of a query string, which knows only text, as a body would have it. */
export function fromText(type: GraphQLInputType, text: string): unknown {
  const bare = isNonNullType(type) ? type.ofType : type;
  if (bare === GraphQLBoolean && (text === 'true' || text === 'false')) return text === 'true';
  if (bare === GraphQLInt && /^-?\d+$/.test(text)) return Number(text);
  return text;
}
