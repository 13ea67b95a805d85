// Users in the graph. Passwords go in, hashed, and never come out.
import { Arg, Args, Ctx, Field, FieldResolver, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { setUserOfTenant } from '../platform/tenants.ts';
import { createUser, deleteUser, updateUser } from '../platform/users.ts';
import type { Context } from './context.ts';
import { connectionOf, listArgs, orderOf, planned, TextFilter } from './lists.ts';
import { payloadOf, resolversOf } from './noun.ts';
import { Tenant, TenantConnection, TenantList } from './tenants.ts';
import { Role } from './words.ts';
import { Written } from './written.ts';

@ObjectType('User', { description: 'A person or program with access to tenants.', simpleResolvers: true })
export class User extends Written {
  @Field(() => ID, { description: 'E-mail: who the user is.' })
  email!: string;

  @Field(() => String, { description: 'Name of the user.' })
  name!: string;

  @Field(() => String, { description: 'A public name of the user for programs, made at creation.' })
  clientId!: string;

  @Field(() => Role, { description: 'What the user may do.' })
  role!: string;

  @Field(() => TenantConnection, { description: 'The tenants that the user has access to.' })
  tenants(@Args(() => TenantList) _list: unknown): unknown {
    return planned();
  }
}

const UserConnection = connectionOf(User, 'User');

@InputType('UserFilter', { description: 'Which users.' })
class UserFilter {
  @Field(() => TextFilter, { nullable: true, description: 'By e-mail.' })
  email?: TextFilter;

  @Field(() => TextFilter, { nullable: true, description: 'By name.' })
  name?: TextFilter;

  @Field(() => [Role], { nullable: true, description: 'With one of these roles.' })
  role?: string[];

  @Field(() => ID, { nullable: true, description: 'With access to this tenant.' })
  tenants?: string;
}

const UserList = listArgs(UserFilter, orderOf('User', { EMAIL: 'email', NAME: 'name', CREATED_AT: 'createdAt' }));

@InputType('CreateUserInput', { description: 'A new user.' })
class CreateUserInput {
  @Field(() => ID, { description: 'E-mail; it cannot be changed later.' })
  email!: string;

  @Field(() => String, { description: 'Name of the user.' })
  name!: string;

  @Field(() => String, { description: 'Password, at most 1,024 characters. Stored as a hash; no query returns it.' })
  password!: string;

  @Field(() => Role, { nullable: true, description: 'VIEWER if not given.' })
  role?: string;

  @Field(() => [ID], { nullable: true, description: 'Tenants to give access to.' })
  tenants?: string[];
}

@InputType('UpdateUserInput', { description: 'Changes of a user: what is left out stays.' })
class UpdateUserInput {
  @Field(() => String, { nullable: true, description: 'Name of the user.' })
  name?: string;

  @Field(() => String, { nullable: true, description: 'A new password.' })
  password?: string;

  @Field(() => Role, { nullable: true, description: 'What the user may do.' })
  role?: string;

  @Field(() => [ID], { nullable: true, description: 'Replaces all the tenants of the user.' })
  tenants?: string[];
}

const UserPayload = payloadOf(User, 'User', 'A user that was written.');

@ObjectType('UserTenantPayload', {
  description: 'A user and a tenant that was added or removed.',
  simpleResolvers: true,
})
class UserTenantPayload extends UserPayload {
  @Field(() => Tenant, { description: 'The tenant.' })
  tenant!: unknown;
}

export const UserResolvers = resolversOf({
  name: 'User',
  type: User,
  payload: UserPayload,
  read: { description: 'A user by e-mail; null if there is none.', id: 'E-mail.' },
  list: { plural: 'users', description: 'All users.', connection: UserConnection, args: UserList },
  create: {
    input: CreateUserInput,
    about: 'Who it is.',
    description: 'Creates a user. Errors: ALREADY_EXISTS, BAD_USER_INPUT, as for an unknown tenant.',
    run: createUser,
  },
  update: {
    input: UpdateUserInput,
    about: 'What to change.',
    description: 'Changes a user. Errors: NOT_FOUND, VERSION_CONFLICT, BAD_USER_INPUT.',
    run: updateUser,
  },
  remove: {
    description: 'Deletes a user; its tenants stay. Errors: NOT_FOUND.',
    run: (platform, _actor, id) => deleteUser(platform, id),
  },
  which: 'E-mail.',
});

@Resolver()
export class UserRelations {
  @Mutation(() => UserTenantPayload, { description: 'Gives a user access to a tenant. Errors: NOT_FOUND.' })
  async addUserToTenant(
    @Arg('user', () => ID, { description: 'E-mail.' }) user: string,
    @Arg('tenant', () => ID, { description: 'Which tenant.' }) tenant: string,
    @Ctx() { platform }: Context,
  ): Promise<UserTenantPayload> {
    await setUserOfTenant(platform, user, tenant, true);
    return { user, tenant };
  }

  @Mutation(() => UserTenantPayload, { description: 'Takes access to a tenant from a user. Errors: NOT_FOUND.' })
  async removeUserFromTenant(
    @Arg('user', () => ID, { description: 'E-mail.' }) user: string,
    @Arg('tenant', () => ID, { description: 'Which tenant.' }) tenant: string,
    @Ctx() { platform }: Context,
  ): Promise<UserTenantPayload> {
    await setUserOfTenant(platform, user, tenant, false);
    return { user, tenant };
  }
}

@Resolver(() => Tenant)
export class TenantUsers {
  @FieldResolver(() => UserConnection, { description: 'The users that have access to it.' })
  users(@Args(() => UserList) _list: unknown): unknown {
    return planned();
  }
}
