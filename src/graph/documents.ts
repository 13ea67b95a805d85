// Trusted documents: where a list of them is given, nothing else is answered.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  parse,
  print,
  separateOperations,
  specifiedRules,
  validate,
} from 'graphql';
import { GantryError } from '../errors.ts';

// Files share their fragments: one that no operation of a file uses is none of its mistakes.
const RULES = specifiedRules.filter((rule) => rule.name !== 'NoUnusedFragmentsRule');

export class TrustedDocuments {
  private constructor(private readonly known: ReadonlySet<string>) {}

  /** All operations in the `.graphql` files of a folder, and below it. Throws UNAVAILABLE for one that does not fit the schema. */
  static load(folder: string, schema: GraphQLSchema): TrustedDocuments {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.graphql'),
    );
    const known = files.sort().flatMap((file) => operationsOf(join(folder, file), schema));
    if (known.length === 0) throw new GantryError('UNAVAILABLE', `There is no document in ${folder} to be trusted.`);
    return new TrustedDocuments(new Set(known));
  }

  /** Throws DOCUMENT_NOT_TRUSTED. Spaces, comments and the names of what else is in the document do not matter. */
  expect(document: DocumentNode, operationName: string | null | undefined): void {
    const name = getOperationAST(document, operationName)?.name?.value;
    const own = name === undefined ? undefined : separateOperations(document)[name];
    if (own && this.known.has(hashOf(own))) return;
    throw new GantryError(
      'DOCUMENT_NOT_TRUSTED',
      'This gateway answers documents that it knows, and this is none of them.',
    );
  }
}

function operationsOf(file: string, schema: GraphQLSchema): string[] {
  try {
    const document = parse(readFileSync(file, 'utf8'));
    const [error] = validate(schema, document, RULES);
    if (error) throw error;
    return Object.values(separateOperations(document)).map(hashOf);
  } catch (error) {
    throw new GantryError('UNAVAILABLE', `The document ${file} cannot be trusted: ${(error as Error).message}`);
  }
}

const hashOf = (document: DocumentNode) => createHash('sha256').update(print(document)).digest('base64');
