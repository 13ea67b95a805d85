// Instances in the graph.
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { createInstance, deleteInstance, updateInstance } from '../platform/instances.ts';
import { connectionOf, listArgs, orderOf, TextFilter } from './lists.ts';
import { payloadOf, resolversOf } from './noun.ts';
import { DateTime, JsonObject, Long } from './scalars.ts';

@ObjectType()
@InputType()
class InstanceAttributes {
  @Field(() => String, { nullable: true, description: 'What this instance is.' })
  description?: string | null;

  @Field(() => String, { nullable: true, description: 'Addresses of the Zookeeper cluster, comma separated.' })
  zk?: string | null;

  @Field(() => String, { nullable: true, description: 'URL of Redis.' })
  redis?: string | null;

  @Field(() => String, { nullable: true, description: 'URL of the authentication service.' })
  auth?: string | null;

  @Field(() => String, { nullable: true, description: 'URL of the REST API.' })
  api?: string | null;

  @Field(() => String, { nullable: true, description: 'URL of the receiver of events.' })
  events?: string | null;

  @Field(() => JsonObject, { nullable: true, description: 'Where statistics go: type, url, port, prefix.' })
  stats?: Record<string, unknown> | null;

  @Field(() => String, { nullable: true, description: 'Code of the instance in the deployment topology.' })
  instanceCode?: string | null;

  @Field(() => String, { nullable: true, description: 'Code of its group in the deployment topology.' })
  groupCode?: string | null;

  @Field(() => String, { nullable: true, description: 'Code of its sub-group in the deployment topology.' })
  subGroupCode?: string | null;
}

@ObjectType('Instance', {
  description: 'One physical collection of services. It serves many tenants.',
  simpleResolvers: true,
})
export class Instance extends InstanceAttributes {
  @Field(() => ID, { description: '`IN` and a number that is never given twice.' })
  id!: string;

  @Field(() => String, { description: 'Name for people.' })
  name!: string;

  @Field(() => Boolean, { description: 'Whether the instance is in use.' })
  isActive!: boolean;

  @Field(() => Boolean, { description: 'Whether the instance can be deployed to.' })
  isDeploymentTarget!: boolean;

  @Field(() => [Long], { description: 'Numbers of the environments that it is associated with.' })
  environments!: number[];

  @Field(() => [Long], { description: 'Numbers of the workflows that it is associated with.' })
  workflows!: number[];

  @Field(() => [JsonObject], { description: 'Plugins, each as `propertySetName` and `ownerId`.' })
  plugins!: Record<string, unknown>[];

  @Field(() => Int, { description: 'Counts the writes, from 1. For `ifVersion`.' })
  version!: number;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: string;

  @Field(() => DateTime, { description: 'When it was last written.' })
  updatedAt!: string;
}

export const InstanceConnection = connectionOf(Instance, 'Instance');

@InputType('InstanceFilter', { description: 'Which instances.' })
class InstanceFilter {
  @Field(() => [ID], { nullable: true, description: 'One of these ids.' })
  id?: string[];

  @Field(() => TextFilter, { nullable: true, description: 'By name.' })
  name?: TextFilter;

  @Field(() => TextFilter, { nullable: true, description: 'By code.' })
  instanceCode?: TextFilter;

  @Field(() => TextFilter, { nullable: true, description: 'By code of the group.' })
  groupCode?: TextFilter;

  @Field(() => TextFilter, { nullable: true, description: 'By code of the sub-group.' })
  subGroupCode?: TextFilter;

  @Field(() => Boolean, { nullable: true, description: 'By whether it is in use.' })
  isActive?: boolean;
}

const InstanceOrder = orderOf('Instance', { ID: 'id', NAME: 'name', CREATED_AT: 'createdAt' });
const InstanceList = listArgs(InstanceFilter, InstanceOrder);

@InputType()
class InstanceInput extends InstanceAttributes {
  @Field(() => Boolean, { nullable: true, description: 'Whether it is in use; true if not given at creation.' })
  isActive?: boolean;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether it can be deployed to; true if not given at creation.',
  })
  isDeploymentTarget?: boolean;

  @Field(() => [Long], { nullable: true, description: 'Numbers of environments; replaces all.' })
  environments?: number[];

  @Field(() => [Long], { nullable: true, description: 'Numbers of workflows; replaces all.' })
  workflows?: number[];

  @Field(() => [JsonObject], { nullable: true, description: 'Plugins; replaces all.' })
  plugins?: Record<string, unknown>[];
}

@InputType('CreateInstanceInput', { description: 'A new instance.' })
class CreateInstanceInput extends InstanceInput {
  @Field(() => String, { description: 'Name for people: one line, at most 200 characters.' })
  name!: string;
}

@InputType('UpdateInstanceInput', { description: 'Changes of an instance: what is left out stays, null clears.' })
class UpdateInstanceInput extends InstanceInput {
  @Field(() => String, { nullable: true, description: 'Name for people.' })
  name?: string;
}

const InstancePayload = payloadOf(Instance, 'Instance', 'An instance that was written.');

export const InstanceResolvers = resolversOf({
  name: 'Instance',
  type: Instance,
  payload: InstancePayload,
  read: { description: 'An instance by its id; null if there is none.', id: 'As in `IN1`.' },
  list: { plural: 'instances', description: 'All instances.', connection: InstanceConnection, args: InstanceList },
  create: {
    input: CreateInstanceInput,
    about: 'What it is.',
    description: 'Creates an instance. Errors: BAD_USER_INPUT.',
    run: createInstance,
  },
  update: {
    input: UpdateInstanceInput,
    about: 'What to change.',
    description: 'Changes an instance. Errors: NOT_FOUND, VERSION_CONFLICT, BAD_USER_INPUT.',
    run: updateInstance,
  },
  remove: {
    description:
      'Deletes an instance with its nodes, services and processes, and detaches its tenants. What runs is stopped first; if it cannot be, nothing is deleted. Errors: NOT_FOUND, NODE_UNREACHABLE, CONFLICT.',
    run: deleteInstance,
    force:
      'Delete also what could not be stopped: it is remembered as a tombstone, and stopped when its node can be reached.',
  },
});
