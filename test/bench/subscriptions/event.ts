// What all of the servers tell: the same fields of the same event.
export const FIELDS =
  'cursor at type subjectType subjectId relatedType relatedId instanceId tenantIds actor operationId before after digest';

export const SCHEMA = `
  scalar JSONObject
  type Event {
    cursor: String! at: String! type: String! subjectType: String! subjectId: ID! relatedType: String relatedId: ID instanceId: ID
    tenantIds: [ID!]! actor: String operationId: ID before: JSONObject after: JSONObject digest: String!
  }
  type Query { nothing: String }
  type Subscription { events(after: String): Event! }
`;

/** What the servers beside the gateway are asked to tell. */
export interface Wanted {
  readonly count: number;
  readonly message: string;
}

export const eventOf = ({ message }: Wanted): object => JSON.parse(message).payload.data.events;
