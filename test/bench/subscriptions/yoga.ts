// The peer: GraphQL Yoga with its own subscriptions, over graphql-ws as its documentation has it.
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { useServer } from 'graphql-ws/use/ws';
import { createPubSub, createSchema, createYoga } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import { serve } from '../child.ts';
import { eventOf, SCHEMA } from './event.ts';

const pubsub = createPubSub<{ events: [object] }>();
const yoga = createYoga({
  schema: createSchema({
    typeDefs: SCHEMA,
    resolvers: {
      Subscription: { events: { subscribe: () => pubsub.subscribe('events'), resolve: (event: object) => event } },
    },
  }),
  logging: false,
});
type Enveloped = ReturnType<typeof yoga.getEnveloped>;
type Root = { readonly execute: Enveloped['execute']; readonly subscribe: Enveloped['subscribe'] };

const server = createServer(async (request, response) => {
  const wanted = JSON.parse(await text(request));
  const event = eventOf(wanted);
  for (let number = 0; number < wanted.count; number++) pubsub.publish('events', event);
  response.end('{}');
});
useServer(
  {
    execute: (args) => (args.rootValue as Root).execute(args),
    subscribe: (args) => (args.rootValue as Root).subscribe(args),
    onSubscribe: async (_connection, _id, params) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({ params });
      const document = parse(params.query);
      const errors = validate(schema, document);
      if (errors.length > 0) return errors;
      return {
        schema,
        document,
        operationName: params.operationName,
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      };
    },
  },
  new WebSocketServer({ server, path: '/graphql', perMessageDeflate: false }),
);
serve(server);
