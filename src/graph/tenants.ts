// Tenants in the graph.
import { Arg, Args, Ctx, Field, FieldResolver, ID, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql';
import {
  addTenantToInstance,
  createTenant,
  deleteTenant,
  removeTenantFromInstance,
  updateTenant,
} from '../platform/tenants.ts';
import type { Context } from './context.ts';
import { Instance } from './instances.ts';
import { connectionOf, listArgs, orderOf, planned, TextFilter } from './lists.ts';
import { payloadOf, resolversOf } from './noun.ts';
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

const TenantPayload = payloadOf(Tenant, 'Tenant', 'A tenant that was written.');

@ObjectType('TenantInstancePayload', {
  description: 'A tenant and the instance that it was added to or removed from.',
  simpleResolvers: true,
})
class TenantInstancePayload extends TenantPayload {
  @Field(() => Instance, { nullable: true, description: 'The instance that it is on now.' })
  instance!: unknown;
}

export const TenantResolvers = resolversOf({
  name: 'Tenant',
  type: Tenant,
  payload: TenantPayload,
  read: { description: 'A tenant by its id; null if there is none.', id: 'The id that its administrator gave.' },
  list: { plural: 'tenants', description: 'All tenants.', connection: TenantConnection, args: TenantList },
  create: {
    input: CreateTenantInput,
    about: 'What it is.',
    description: 'Creates a tenant. Errors: ALREADY_EXISTS, BAD_USER_INPUT.',
    run: createTenant,
  },
  update: {
    input: UpdateTenantInput,
    about: 'What to change.',
    description: 'Changes a tenant. Errors: NOT_FOUND, VERSION_CONFLICT, BAD_USER_INPUT.',
    run: updateTenant,
  },
  remove: {
    description: 'Deletes a tenant; its users and integrations stay. Errors: NOT_FOUND.',
    run: (platform, _actor, id) => deleteTenant(platform, id),
  },
});

@Resolver()
export class TenantRelations {
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
