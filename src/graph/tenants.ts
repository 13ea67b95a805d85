// Tenants in the graph.
import {
  Arg,
  Args,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from 'type-graphql';
import {
  addTenantToInstance,
  createTenant,
  deleteTenant,
  removeTenantFromInstance,
  updateTenant,
} from '../platform/tenants.ts';
import type { Context } from './context.ts';
import { Instance } from './instances.ts';
import { connectionOf, DeletePayload, IF_VERSION, listArgs, orderOf, planned, TextFilter } from './lists.ts';
import { Written } from './written.ts';

@ObjectType('Tenant', {
  description: 'A virtual partition of an instance, as for a client organisation.',
  simpleResolvers: true,
})
export class Tenant extends Written {
  @Field(() => ID, { description: 'The id that its administrator gave.' })
  id!: string;

  @Field(() => String, { description: 'Name for people.' })
  name!: string;

  @Field(() => Int, { nullable: true, description: 'How many events a second it may send.' })
  rateLimit!: number | null;

  @Field(() => Instance, { nullable: true, description: 'The instance that serves it; null while it is on none.' })
  instance!: Instance | null;
}

export const TenantConnection = connectionOf(Tenant, 'Tenant');

@InputType('TenantFilter', { description: 'Which tenants.' })
class TenantFilter {
  @Field(() => [ID], { nullable: true, description: 'One of these ids.' })
  id?: string[];

  @Field(() => TextFilter, { nullable: true, description: 'By name.' })
  name?: TextFilter;

  @Field(() => ID, { nullable: true, description: 'On this instance.' })
  instance?: string;

  @Field(() => ID, { nullable: true, description: 'With this user, by e-mail.' })
  users?: string;

  @Field(() => ID, { nullable: true, description: 'With this integration.' })
  integrations?: string;
}

export const TenantList = listArgs(
  TenantFilter,
  orderOf('Tenant', { ID: 'id', NAME: 'name', CREATED_AT: 'createdAt' }),
);

@InputType('CreateTenantInput', { description: 'A new tenant.' })
class CreateTenantInput {
  @Field(() => ID, { description: '1 to 64 letters, digits or `. _ - @`; unique on the platform.' })
  id!: string;

  @Field(() => String, { description: 'Name for people.' })
  name!: string;

  @Field(() => Int, { nullable: true, description: 'How many events a second it may send.' })
  rateLimit?: number | null;
}

@InputType('UpdateTenantInput', { description: 'Changes of a tenant: what is left out stays, null clears.' })
class UpdateTenantInput {
  @Field(() => String, { nullable: true, description: 'Name for people.' })
  name?: string;

  @Field(() => Int, { nullable: true, description: 'How many events a second it may send.' })
  rateLimit?: number | null;
}

@ObjectType('TenantPayload', { description: 'A tenant that was written.', simpleResolvers: true })
class TenantPayload {
  @Field(() => Tenant, { description: 'As it is now.' })
  tenant!: unknown;
}

@ObjectType('TenantInstancePayload', {
  description: 'A tenant and the instance that it was added to or removed from.',
  simpleResolvers: true,
})
class TenantInstancePayload extends TenantPayload {
  @Field(() => Instance, { nullable: true, description: 'The instance that it is on now.' })
  instance!: unknown;
}

@Resolver()
export class TenantResolver {
  @Query(() => Tenant, { nullable: true, description: 'A tenant by its id; null if there is none.' })
  tenant(@Arg('id', () => ID, { description: 'The id that its administrator gave.' }) _id: string): Tenant {
    return planned();
  }

  @Query(() => TenantConnection, { description: 'All tenants.' })
  tenants(@Args(() => TenantList) _list: unknown): unknown {
    return planned();
  }

  @Mutation(() => TenantPayload, { description: 'Creates a tenant. Errors: ALREADY_EXISTS, BAD_USER_INPUT.' })
  async createTenant(
    @Arg('input', () => CreateTenantInput, { description: 'What it is.' }) input: CreateTenantInput,
    @Ctx() { platform }: Context,
  ): Promise<TenantPayload> {
    return { tenant: await createTenant(platform, input) };
  }

  @Mutation(() => TenantPayload, {
    description: 'Changes a tenant. Errors: NOT_FOUND, VERSION_CONFLICT, BAD_USER_INPUT.',
  })
  async updateTenant(
    @Arg('id', () => ID, { description: 'Which one.' }) id: string,
    @Arg('input', () => UpdateTenantInput, { description: 'What to change.' }) input: UpdateTenantInput,
    @Arg('ifVersion', () => Int, { nullable: true, description: IF_VERSION }) ifVersion: number | undefined,
    @Ctx() { platform }: Context,
  ): Promise<TenantPayload> {
    return { tenant: await updateTenant(platform, id, input, ifVersion) };
  }

  @Mutation(() => DeletePayload, {
    description: 'Deletes a tenant; its users and integrations stay. Errors: NOT_FOUND.',
  })
  async deleteTenant(
    @Arg('id', () => ID, { description: 'Which one.' }) id: string,
    @Ctx() { platform }: Context,
  ): Promise<DeletePayload> {
    return { id: await deleteTenant(platform, id) };
  }

  @Mutation(() => TenantInstancePayload, {
    description: 'Puts a tenant on an instance, and takes it from the one that it was on. Errors: NOT_FOUND.',
  })
  async addTenantToInstance(
    @Arg('tenant', () => ID, { description: 'Which tenant.' }) tenant: string,
    @Arg('instance', () => ID, { description: 'Which instance.' }) instance: string,
    @Ctx() { platform }: Context,
  ): Promise<TenantInstancePayload> {
    return { tenant: await addTenantToInstance(platform, tenant, instance), instance };
  }

  @Mutation(() => TenantInstancePayload, {
    description: 'Takes a tenant from its instance; one that is on none stays so. Errors: NOT_FOUND, BAD_USER_INPUT.',
  })
  async removeTenantFromInstance(
    @Arg('tenant', () => ID, { description: 'Which tenant.' }) tenant: string,
    @Arg('instance', () => ID, { nullable: true, description: 'Refuse unless it is on this one.' }) instance:
      | string
      | undefined,
    @Ctx() { platform }: Context,
  ): Promise<TenantInstancePayload> {
    return { tenant: await removeTenantFromInstance(platform, tenant, instance), instance: null };
  }
}

@Resolver(() => Instance)
export class InstanceTenants {
  @FieldResolver(() => TenantConnection, { description: 'The tenants that it serves.' })
  tenants(@Args(() => TenantList) _list: unknown): unknown {
    return planned();
  }
}
