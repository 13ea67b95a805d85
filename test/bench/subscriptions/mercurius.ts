// The peer: Mercurius with its own subscriptions.
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { announce } from '../child.ts';
import { eventOf, SCHEMA, type Wanted } from './event.ts';

const app = Fastify();
await app.register(mercurius, {
  schema: SCHEMA,
  resolvers: {
    Subscription: { events: { subscribe: (_root, _args, { pubsub }) => pubsub.subscribe('events') } },
  },
  subscription: true,
  jit: 1,
  graphiql: false,
});
app.post('/publish', (request, reply) => {
  const wanted = request.body as Wanted;
  const event = eventOf(wanted);
  for (let number = 0; number < wanted.count; number++)
    app.graphql.pubsub.publish({ topic: 'events', payload: { events: event } });
  reply.send({});
});
await app.listen({ host: '127.0.0.1', port: 0 });
announce((app.server.address() as { port: number }).port);
