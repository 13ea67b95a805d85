// Instances in the graph.
import { Arg, Args, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import { createInstance, deleteInstance, updateInstance } from '../platform/instances.ts';
import type { Context } from './context.ts';
import { connectionOf, DeletePayload, IF_VERSION, listArgs, orderOf, planned, TextFilter } from './lists.ts';
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

@ObjectType('InstancePayload', { description: 'An instance that was written.', simpleResolvers: true })
class InstancePayload {
  @Field(() => Instance, { description: 'As it is now.' })
  instance!: unknown;
}

@Resolver()
export class InstanceResolver {
  @Query(() => Instance, { nullable: true, description: 'An instance by its id; null if there is none.' })
  instance(@Arg('id', () => ID, { description: 'As in `IN1`.' }) _id: string): Instance {
    return planned();
  }

  @Query(() => InstanceConnection, { description: 'All instances.' })
  instances(@Args(() => InstanceList) _list: unknown): unknown {
    return planned();
  }

  @Mutation(() => InstancePayload, { description: 'Creates an instance. Errors: BAD_USER_INPUT.' })
  async createInstance(
    @Arg('input', () => CreateInstanceInput, { description: 'What it is.' }) input: CreateInstanceInput,
    @Ctx() { platform }: Context,
  ): Promise<InstancePayload> {
    return { instance: await createInstance(platform, input) };
  }

  @Mutation(() => InstancePayload, {
    description: 'Changes an instance. Errors: NOT_FOUND, VERSION_CONFLICT, BAD_USER_INPUT.',
  })
  async updateInstance(
    @Arg('id', () => ID, { description: 'Which one.' }) id: string,
    @Arg('input', () => UpdateInstanceInput, { description: 'What to change.' }) input: UpdateInstanceInput,
    @Arg('ifVersion', () => Int, { nullable: true, description: IF_VERSION }) ifVersion: number | undefined,
    @Ctx() { platform }: Context,
  ): Promise<InstancePayload> {
    return { instance: await updateInstance(platform, id, input, ifVersion) };
  }

  @Mutation(() => DeletePayload, {
    description:
      'Deletes an instance with its nodes, services and processes, and detaches its tenants. What runs is stopped first; if it cannot be, nothing is deleted. Errors: NOT_FOUND, NODE_UNREACHABLE, CONFLICT.',
  })
  async deleteInstance(
    @Arg('id', () => ID, { description: 'Which one.' }) id: string,
    @Arg('force', () => Boolean, { defaultValue: false, description: 'Delete also what could not be stopped.' })
    force: boolean,
    @Ctx() { platform, actor }: Context,
  ): Promise<DeletePayload> {
    return { id: await deleteInstance(platform, actor, id, force) };
  }
}
