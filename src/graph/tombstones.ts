// Tombstones in the graph: what was deleted though it could not be stopped, until it has been.
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { deleteTombstone } from '../platform/tombstones.ts';
import { connectionOf, listArgs, orderOf } from './lists.ts';
import { resolversOf } from './noun.ts';
import { DateTime } from './scalars.ts';

@ObjectType('Tombstone', {
  description:
    'A process that was deleted by force though it could not be stopped. It is stopped when its node can be reached, also if the node itself was deleted; given up after 30 days.',
  simpleResolvers: true,
})
class Tombstone {
  @Field(() => ID, { description: 'The id that the process had.' })
  id!: string;

  @Field(() => ID, { description: 'The instance that it belonged to; it may be gone.' })
  instanceId!: string;

  @Field(() => ID, { description: 'The service that it belonged to; it may be gone.' })
  serviceId!: string;

  @Field(() => String, { description: 'The name that the service had.' })
  serviceName!: string;

  @Field(() => ID, {
    description:
      'The node that it may run on; it may be gone. How to log in to it is kept, sealed, while it is needed.',
  })
  nodeId!: string;

  @Field(() => String, { description: 'The name that the node had.' })
  nodeName!: string;

  @Field(() => String, { description: 'Who deleted it.' })
  actor!: string;

  @Field(() => Int, { description: 'How often it could not be stopped though its node was reached.' })
  attempts!: number;

  @Field(() => String, { nullable: true, description: 'Why it could not be stopped, for people.' })
  lastError!: string | null;

  @Field(() => String, { nullable: true, description: 'The same for programs: STUCK, TIMEOUT, LOST, …' })
  lastErrorReason!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When that was.' })
  lastAttemptAt!: string | null;

  @Field(() => DateTime, { description: 'When the process was deleted.' })
  createdAt!: string;

  @Field(() => DateTime, { description: 'When it is given up.' })
  expiresAt!: string;
}

const TombstoneConnection = connectionOf(Tombstone, 'Tombstone');

@InputType('TombstoneFilter', { description: 'Which tombstones.' })
class TombstoneFilter {
  @Field(() => [ID], { nullable: true, description: 'Of one of these nodes.' })
  nodeId?: string[];

  @Field(() => [ID], { nullable: true, description: 'Of one of these services.' })
  serviceId?: string[];

  @Field(() => [ID], { nullable: true, description: 'Of one of these instances.' })
  instanceId?: string[];
}

const TombstoneList = listArgs(TombstoneFilter, orderOf('Tombstone', { CREATED_AT: 'createdAt', ID: 'id' }));

export const TombstoneResolvers = resolversOf({
  name: 'Tombstone',
  type: Tombstone,
  read: { description: 'A tombstone by the id that its process had; null if there is none.', id: 'A UUID.' },
  list: {
    plural: 'tombstones',
    description: 'What was deleted by force and may still run.',
    connection: TombstoneConnection,
    args: TombstoneList,
  },
  remove: {
    description: 'Gives a tombstone up: what still runs goes on running, and nobody stops it. Errors: NOT_FOUND.',
    run: (platform, _actor, id) => deleteTombstone(platform, id),
  },
});
