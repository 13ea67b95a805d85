// Integrations in the graph.
import { Arg, Args, Ctx, Field, FieldResolver, ID, InputType, Mutation, ObjectType, Resolver } from 'type-graphql';
import { createIntegration, deleteIntegration, updateIntegration } from '../platform/integrations.ts';
import { setIntegrationOfTenant } from '../platform/tenants.ts';
import type { Context } from './context.ts';
import { connectionOf, listArgs, orderOf, planned, TextFilter } from './lists.ts';
import { payloadOf, resolversOf } from './noun.ts';
import { JsonObject } from './scalars.ts';
import { Tenant, TenantConnection, TenantList } from './tenants.ts';
import { Written } from './written.ts';

@ObjectType('Integration', {
  description: 'The definition of an outside system that tenants may be given access to.',
  simpleResolvers: true,
})
export class Integration extends Written {
  @Field(() => ID, { description: 'The id that its administrator gave, as in `datasift`.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'Name for people.' })
  displayName!: string | null;

  @Field(() => JsonObject, { description: 'The definition: schema, endpoint, listener.' })
  definition!: Record<string, unknown>;

  @Field(() => TenantConnection, { description: 'The tenants that may use it.' })
  tenants(@Args(() => TenantList) _list: unknown): unknown {
    return planned();
  }
}

const IntegrationConnection = connectionOf(Integration, 'Integration');

@InputType('IntegrationFilter', { description: 'Which integrations.' })
class IntegrationFilter {
  @Field(() => [ID], { nullable: true, description: 'One of these ids.' })
  id?: string[];

  @Field(() => TextFilter, { nullable: true, description: 'By name.' })
  displayName?: TextFilter;

  @Field(() => ID, { nullable: true, description: 'That this tenant may use.' })
  tenants?: string;
}

const IntegrationList = listArgs(IntegrationFilter, orderOf('Integration', { ID: 'id', CREATED_AT: 'createdAt' }));

@InputType()
class IntegrationInput {
  @Field(() => String, { nullable: true, description: 'Name for people.' })
  displayName?: string | null;

  @Field(() => JsonObject, { nullable: true, description: 'The definition; replaces all of it.' })
  definition?: Record<string, unknown>;
}

@InputType('CreateIntegrationInput', { description: 'A new integration.' })
class CreateIntegrationInput extends IntegrationInput {
  @Field(() => ID, { description: '1 to 64 letters, digits or `. _ - @`; unique on the platform.' })
  id!: string;
}

@InputType('UpdateIntegrationInput', { description: 'Changes of an integration: what is left out stays, null clears.' })
class UpdateIntegrationInput extends IntegrationInput {
  @Field(() => JsonObject, {
    nullable: true,
    description: 'Keys of the definition to change, when the others are to stay; null removes a key.',
  })
  definitionChanges?: Record<string, unknown> | null;
}

const IntegrationPayload = payloadOf(Integration, 'Integration', 'An integration that was written.');

@ObjectType('IntegrationTenantPayload', {
  description: 'An integration and a tenant that was given or denied it.',
  simpleResolvers: true,
})
class IntegrationTenantPayload extends IntegrationPayload {
  @Field(() => Tenant, { description: 'The tenant.' })
  tenant!: unknown;
}

export const IntegrationResolvers = resolversOf({
  name: 'Integration',
  type: Integration,
  payload: IntegrationPayload,
  read: { description: 'An integration by its id; null if there is none.', id: 'The id that its administrator gave.' },
  list: {
    plural: 'integrations',
    description: 'All integrations.',
    connection: IntegrationConnection,
    args: IntegrationList,
  },
  create: {
    input: CreateIntegrationInput,
    about: 'What it is.',
    description: 'Creates an integration. Errors: ALREADY_EXISTS, BAD_USER_INPUT.',
    run: createIntegration,
  },
  update: {
    input: UpdateIntegrationInput,
    about: 'What to change.',
    description: 'Changes an integration. Errors: NOT_FOUND, VERSION_CONFLICT, BAD_USER_INPUT.',
    run: updateIntegration,
  },
  remove: {
    description: 'Deletes an integration; tenants lose access to it. Errors: NOT_FOUND.',
    run: (platform, _actor, id) => deleteIntegration(platform, id),
  },
});

@Resolver()
export class IntegrationRelations {
  @Mutation(() => IntegrationTenantPayload, {
    description: 'Gives a tenant access to an integration. Errors: NOT_FOUND.',
  })
  async addIntegrationToTenant(
    @Arg('integration', () => ID, { description: 'Which integration.' }) integration: string,
    @Arg('tenant', () => ID, { description: 'Which tenant.' }) tenant: string,
    @Ctx() { platform }: Context,
  ): Promise<IntegrationTenantPayload> {
    await setIntegrationOfTenant(platform, integration, tenant, true);
    return { integration, tenant };
  }

  @Mutation(() => IntegrationTenantPayload, {
    description: 'Takes access to an integration from a tenant. Errors: NOT_FOUND.',
  })
  async removeIntegrationFromTenant(
    @Arg('integration', () => ID, { description: 'Which integration.' }) integration: string,
    @Arg('tenant', () => ID, { description: 'Which tenant.' }) tenant: string,
    @Ctx() { platform }: Context,
  ): Promise<IntegrationTenantPayload> {
    await setIntegrationOfTenant(platform, integration, tenant, false);
    return { integration, tenant };
  }
}

@Resolver(() => Tenant)
export class TenantIntegrations {
  @FieldResolver(() => IntegrationConnection, { description: 'The integrations that it may use.' })
  integrations(@Args(() => IntegrationList) _list: unknown): unknown {
    return planned();
  }
}
