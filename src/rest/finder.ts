// Finds the answer of a row in what its document answered, and says what is missing where it is not there.
import {
  type GraphQLOutputType,
  getNamedType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import type { Dialect, Place } from './dialect.ts';
import { Fault } from './fault.ts';
import { type Selected, Selections } from './selections.ts';
import { type Write, writerOf } from './writer.ts';

type Answer = Record<string, unknown>;
type Variables = Readonly<Record<string, unknown>>;

interface Step {
  readonly key: string | 0;
  readonly missing: (variables: Variables) => string;
}

/** The page that a list is of, for the way to the next one. */
export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}

export class Finder {
  /** Writes the answer, or where it is a list, one of it. */
  readonly write: Write;
  readonly isList: boolean;
  readonly isPaged: boolean;
  readonly #steps: readonly Step[];

  constructor(selections: Selections, path: string, style: Pick<Dialect, 'spelling' | 'absence'>) {
    const steps: Step[] = [];
    let type: GraphQLOutputType = selections.root;
    let set: SelectionSetNode | undefined = selections.operation.selectionSet;
    let names: readonly string[] = [];
    for (const part of path.split('.')) {
      type = isNonNullType(type) ? type.ofType : type;
      if (part === '0') {
        if (!isListType(type)) throw new Error(`${path} takes the first of what is no list`);
        type = type.ofType;
        const noun = getNamedType(type).name.toLowerCase();
        steps.push({ key: 0, missing: missing(noun, names, undefined, style) });
        continue;
      }
      if (!isObjectType(type)) throw new Error(`${path} leads through what is no object`);
      const field: Selected | undefined = selections.of(type, set).find((each) => each.key === part);
      if (!field) throw new Error(`${path} leads to what the document does not select`);
      const own = (field.node.arguments ?? []).flatMap((argument) => variablesIn(argument.value));
      const above = { noun: type.name.toLowerCase(), names, field: field.name };
      steps.push({
        key: part,
        missing: missing(getNamedType(field.type).name.toLowerCase(), own, above, style),
      });
      names = own.length > 0 ? own : names;
      type = field.type;
      set = field.node.selectionSet;
    }
    const bare = isNonNullType(type) ? type.ofType : type;
    this.isList = isListType(bare);
    this.isPaged = this.isList && selections.operation.variableDefinitions?.some(isAfter) === true;
    this.write = writerOf(selections, isListType(bare) ? bare.ofType : bare, set, style);
    this.#steps = steps;
  }

  static of({ document, answer }: Place, schema: Selections['schema'], style: Pick<Dialect, 'spelling' | 'absence'>) {
    return new Finder(new Selections(schema, document), answer, style);
  }

  /** Throws a fault with status 404 where there is nothing. */
  find(data: Answer, variables: Variables): unknown {
    return this.#walk(this.#steps, data, variables);
  }

  pageInfo(data: Answer, variables: Variables): PageInfo {
    return (this.#walk(this.#steps.slice(0, -1), data, variables) as { pageInfo: PageInfo }).pageInfo;
  }

  #walk(steps: readonly Step[], data: unknown, variables: Variables): unknown {
    let at = data;
    for (const { key, missing } of steps) {
      at = (at as Answer)[key];
      if (at === null || at === undefined) throw new Fault(404, missing(variables));
    }
    return at;
  }
}

const isAfter = ({ variable }: { variable: { name: { value: string } } }) => variable.name.value === 'after';

interface Above {
  readonly noun: string;
  readonly names: readonly string[];
  readonly field: string;
}

/** `There is no node "ND7".` where something was asked by a variable, else `tenant "acme" has no instance`. */
function missing(
  noun: string,
  names: readonly string[],
  above: Above | undefined,
  { spelling }: Pick<Dialect, 'spelling'>,
): Step['missing'] {
  const said = (name: string | undefined, variables: Variables) =>
    JSON.stringify(name === undefined ? '' : spelling.writeId(String(variables[name])));
  const [name] = names;
  if (name !== undefined) return (variables) => `There is no ${noun} ${said(name, variables)}.`;
  return (variables) =>
    above?.names.length
      ? `The ${above.noun} ${said(above.names[0], variables)} has no ${above.field}.`
      : `There is no ${noun}.`;
}

function variablesIn(value: ValueNode): string[] {
  switch (value.kind) {
    case Kind.VARIABLE:
      return value.name.value === 'after' ? [] : [value.name.value];
    case Kind.LIST:
      return value.values.flatMap(variablesIn);
    case Kind.OBJECT:
      return value.fields.flatMap((field) => variablesIn(field.value));
    default:
      return [];
  }
}
