// What a document selects, as far as dialects need to know: fields with their types, fragments resolved.
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

export interface Selected {
  /** The key in the answer. */
  readonly key: string;
  readonly name: string;
  readonly type: GraphQLOutputType;
  readonly node: FieldNode;
}

export class Selections {
  readonly operation: OperationDefinitionNode;
  readonly #fragments = new Map<string, FragmentDefinitionNode>();

  constructor(
    readonly schema: GraphQLSchema,
    readonly document: DocumentNode,
  ) {
    const operations: OperationDefinitionNode[] = [];
    for (const definition of document.definitions) {
      if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(definition.name.value, definition);
    }
    const [operation] = operations;
    if (!operation || operations.length > 1) throw new Error('a document of a dialect holds one operation');
    this.operation = operation;
  }

  get root(): GraphQLObjectType {
    return this.schema.getRootType(this.operation.operation) as GraphQLObjectType;
  }

  of(type: GraphQLObjectType, set: SelectionSetNode | undefined): Selected[] {
    const fields = type.getFields();
    return (set?.selections ?? []).flatMap((selection): Selected[] => {
      if (selection.kind === Kind.INLINE_FRAGMENT) return this.of(type, selection.selectionSet);
      if (selection.kind === Kind.FRAGMENT_SPREAD)
        return this.of(type, this.#fragments.get(selection.name.value)?.selectionSet);
      const field = fields[selection.name.value];
      if (!field) throw new Error(`${type.name} has no field ${selection.name.value}`);
      return [{ key: selection.alias?.value ?? field.name, name: field.name, type: field.type, node: selection }];
    });
  }
}
