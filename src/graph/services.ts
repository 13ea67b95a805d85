// Services in the graph.
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
  registerEnumType,
} from 'type-graphql';
import { createService, deleteService, updateService } from '../platform/services.ts';
import { LOG_LEVELS, RESTART_POLICIES } from '../store/entities/service.ts';
import type { Context } from './context.ts';
import { enumOf } from './enums.ts';
import { Instance } from './instances.ts';
import { connectionOf, DeletePayload, IF_VERSION, listArgs, orderOf, planned, TextFilter } from './lists.ts';
import { JsonObject } from './scalars.ts';
import { Written } from './written.ts';

const LogLevel = enumOf(LOG_LEVELS);
registerEnumType(LogLevel, {
  name: 'LogLevel',
  description: 'How much a service logs. WARN and WARNING are two spellings, kept as given.',
});

const RestartPolicy = enumOf(RESTART_POLICIES);
registerEnumType(RestartPolicy, {
  name: 'RestartPolicy',
  description: 'When the node starts a process again by itself, with growing pauses.',
  valuesConfig: {
    NEVER: { description: 'Never.' },
    ON_FAILURE: { description: 'After an exit code other than 0, or a signal.' },
    ALWAYS: { description: 'After every exit that nobody asked for.' },
  },
});

@ObjectType('Service', {
  description: 'What the processes of one kind on an instance run, and how.',
  simpleResolvers: true,
})
export class Service extends Written {
  @Field(() => ID, { description: '`SV` and a number that is never given twice.' })
  id!: string;

  @Field(() => Instance, { description: 'The instance that it belongs to.' })
  instance!: Instance;

  @Field(() => String, { description: 'Name for people.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What this service does.' })
  description!: string | null;

  @Field(() => String, { description: 'What it runs: `command`, or a type of the catalogue.' })
  type!: string;

  @Field(() => LogLevel, {
    nullable: true,
    description: 'How much it logs; its processes find it in their environment.',
  })
  logLevel!: string | null;

  @Field(() => JsonObject, { description: 'Settings of the type, as given.' })
  options!: Record<string, unknown>;

  @Field(() => RestartPolicy, { description: 'When the node starts its processes again by itself.' })
  restartPolicy!: string;
}

const ServiceConnection = connectionOf(Service, 'Service');

@InputType('ServiceFilter', { description: 'Which services.' })
class ServiceFilter {
  @Field(() => [ID], { nullable: true, description: 'One of these ids.' })
  id?: string[];

  @Field(() => ID, { nullable: true, description: 'Of this instance.' })
  instance?: string;

  @Field(() => TextFilter, { nullable: true, description: 'By name.' })
  name?: TextFilter;

  @Field(() => TextFilter, { nullable: true, description: 'By type.' })
  type?: TextFilter;
}

const ServiceList = listArgs(ServiceFilter, orderOf('Service', { ID: 'id', NAME: 'name', CREATED_AT: 'createdAt' }));

@InputType()
class ServiceInput {
  @Field(() => String, { nullable: true, description: 'What this service does.' })
  description?: string | null;

  @Field(() => LogLevel, { nullable: true, description: 'How much it logs.' })
  logLevel?: string | null;

  @Field(() => JsonObject, {
    nullable: true,
    description:
      'Settings of the type; replaces all of them. Of the type `command`: `command` (a list of words), `cwd`, `env` (an object of texts).',
  })
  options?: Record<string, unknown>;

  @Field(() => RestartPolicy, { nullable: true, description: 'NEVER if not given at creation.' })
  restartPolicy?: string;
}

@InputType('CreateServiceInput', { description: 'A new service.' })
class CreateServiceInput extends ServiceInput {
  @Field(() => ID, { description: 'The instance that it belongs to.' })
  instance!: string;

  @Field(() => String, { description: 'Name for people.' })
  name!: string;

  @Field(() => String, {
    description: 'What it runs: `command`, or a type of the catalogue. Any other can be stored, but not started.',
  })
  type!: string;
}

@InputType('UpdateServiceInput', {
  description:
    'Changes of a service: what is left out stays, null clears. What runs is not touched; a restart takes the changes up.',
})
class UpdateServiceInput extends ServiceInput {
  @Field(() => String, { nullable: true, description: 'Name for people.' })
  name?: string;

  @Field(() => String, { nullable: true, description: 'What it runs.' })
  type?: string;
}

@ObjectType('ServicePayload', { description: 'A service that was written.', simpleResolvers: true })
class ServicePayload {
  @Field(() => Service, { description: 'As it is now.' })
  service!: unknown;
}

@Resolver()
export class ServiceResolver {
  @Query(() => Service, { nullable: true, description: 'A service by its id; null if there is none.' })
  service(@Arg('id', () => ID, { description: 'As in `SV1`.' }) _id: string): Service {
    return planned();
  }

  @Query(() => ServiceConnection, { description: 'All services.' })
  services(@Args(() => ServiceList) _list: unknown): unknown {
    return planned();
  }

  @Mutation(() => ServicePayload, {
    description: 'Creates a service. Errors: NOT_FOUND, BAD_USER_INPUT, as for options that do not fit the type.',
  })
  async createService(
    @Arg('input', () => CreateServiceInput, { description: 'What it is.' }) input: CreateServiceInput,
    @Ctx() { platform }: Context,
  ): Promise<ServicePayload> {
    const { instance, ...service } = input;
    return { service: await createService(platform, instance, service) };
  }

  @Mutation(() => ServicePayload, {
    description: 'Changes a service. Errors: NOT_FOUND, VERSION_CONFLICT, BAD_USER_INPUT.',
  })
  async updateService(
    @Arg('id', () => ID, { description: 'Which one.' }) id: string,
    @Arg('input', () => UpdateServiceInput, { description: 'What to change.' }) input: UpdateServiceInput,
    @Arg('ifVersion', () => Int, { nullable: true, description: IF_VERSION }) ifVersion: number | undefined,
    @Ctx() { platform }: Context,
  ): Promise<ServicePayload> {
    return { service: await updateService(platform, id, input, ifVersion) };
  }

  @Mutation(() => DeletePayload, {
    description:
      'Deletes a service with its processes. What runs is stopped first; if it cannot be, nothing is deleted. Errors: NOT_FOUND, NODE_UNREACHABLE, CONFLICT.',
  })
  async deleteService(
    @Arg('id', () => ID, { description: 'Which one.' }) id: string,
    @Arg('force', () => Boolean, { defaultValue: false, description: 'Delete also what could not be stopped.' })
    force: boolean,
    @Ctx() { platform, actor }: Context,
  ): Promise<DeletePayload> {
    return { id: await deleteService(platform, actor, id, force) };
  }
}

@Resolver(() => Instance)
export class InstanceServices {
  @FieldResolver(() => ServiceConnection, { description: 'Its services.' })
  services(@Args(() => ServiceList) _list: unknown): unknown {
    return planned();
  }
}
