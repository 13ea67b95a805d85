// Writes what a document answered the way a dialect spells it: derived once from the selection and the schema.
import {
  type GraphQLOutputType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import type { Dialect } from './dialect.ts';
import type { Selected, Selections } from './selections.ts';

/** From a value of the answer to what is sent of it. Null stays null: whoever holds the key decides what becomes of it. */
export type Write = (value: unknown) => unknown;

type Answer = Record<string, unknown>;
type Style = Pick<Dialect, 'spelling' | 'absence'>;

export function writerOf(
  selections: Selections,
  type: GraphQLOutputType,
  set: SelectionSetNode | undefined,
  style: Style,
): Write {
  if (isNonNullType(type)) return writerOf(selections, type.ofType, set, style);
  if (isListType(type)) {
    const each = writerOf(selections, type.ofType, set, style);
    return (value) => (value === null ? null : (value as unknown[]).map(each));
  }
  if (isEnumType(type)) return (value) => (value === null ? null : style.spelling.word(value as string));
  if (isObjectType(type)) return objectWriter(selections, selections.of(type, set), style);
  if (type.name === 'ID') return (value) => (value === null ? null : style.spelling.writeId(value as string));
  // Scalars, and JSON with whatever keys it has, go out as they are.
  return (value) => value;
}

function objectWriter(selections: Selections, fields: readonly Selected[], style: Style): Write {
  const write = ({ type, node }: Selected) => writerOf(selections, type, node.selectionSet, style);
  const of = (field: Selected) => {
    const inner = write(field);
    return (value: unknown) => (value === null ? null : inner((value as Answer)[field.key]));
  };
  // A page is the list of its rows, and a thing of which nothing but its id is asked is that id.
  const rows = fields.find((field) => field.name === 'nodes');
  if (rows) return of(rows);
  const [only] = fields;
  if (only && fields.length === 1 && isId(only.type)) return of(only);
  const given = new Map(fields.filter(isGiven).map((field) => [field.name.slice(0, -GIVEN.length), field.key]));
  const entries = fields
    .filter((field) => !isGiven(field) && field.name !== VERSION)
    .map((field) => ({
      key: style.spelling.name(field.key),
      from: field.key,
      given: given.get(field.name),
      write: write(field),
    }));
  return (value) => {
    if (value === null) return null;
    const answer = value as Answer;
    const written: Answer = {};
    for (const entry of entries) {
      if (entry.given !== undefined && answer[entry.given] !== true) continue;
      const one = entry.write(answer[entry.from]);
      if (one !== null || style.absence === 'null') written[entry.key] = one;
    }
    return written;
  };
}

// No dialect shows it: it goes into the ETag.
export const VERSION = 'version';

// `statusGiven` beside `status` says whether anybody ever said it: what nobody said is absent.
const GIVEN = 'Given';
const isGiven = (field: Selected) => field.name.endsWith(GIVEN);

function isId(type: GraphQLOutputType): boolean {
  const named = isNonNullType(type) ? type.ofType : type;
  return !isListType(named) && named.name === 'ID';
}
