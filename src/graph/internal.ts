// What the dialects may read beyond the public graph. It is a schema of its own beside the public one, so that no document
// that comes over the network can ask for it.
import { extendSchema, type GraphQLSchema, parse } from 'graphql';

export const INTERNAL_SDL = `extend type Node {
  """
  The password, as the setting for node passwords shows it: in clear, masked, or not at all.
  """
  password: String

  """
  Whether anybody ever said what its status is; it is true until then.
  """
  statusGiven: Boolean!
}

extend type Service {
  """
  Whether options were ever given; they are empty until then.
  """
  optionsGiven: Boolean!
}
`;

/** The public schema is left as it is. */
export const internalSchema = (schema: GraphQLSchema): GraphQLSchema => extendSchema(schema, parse(INTERNAL_SDL));
