// Services in the graph.
import { Args, Field, FieldResolver, ID, InputType, ObjectType, Resolver } from 'type-graphql';
import { createService, deleteService, updateService } from '../platform/services.ts';
import { HealthChecked, HealthCheckInput } from './health-checks.ts';
import { Instance } from './instances.ts';
import { connectionOf, listArgs, orderOf, planned, TextFilter } from './lists.ts';
import { payloadOf, resolversOf } from './noun.ts';
import { RestartInput } from './restarts.ts';
import { JsonObject } from './scalars.ts';
import { LogLevel, RestartPolicy } from './words.ts';

@ObjectType('Service', {
  description: 'What the processes of one kind on an instance run, and how.',
  simpleResolvers: true,
})
export class Service extends HealthChecked {
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

  @Field(() => RestartInput, {
    nullable: true,
    description: 'How fast and how often that is. What is left out stays as it is, null goes back to what is usual.',
  })
  restart?: RestartInput | null;

  @Field(() => HealthCheckInput, {
    nullable: true,
    description:
      'How its processes are looked at, in place of what the type says; one check takes the place of another as a whole. Null goes back to that of the type, the kind NONE switches it off.',
  })
  healthCheck?: HealthCheckInput | null;
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

const ServicePayload = payloadOf(Service, 'Service', 'A service that was written.');

export const ServiceResolvers = resolversOf({
  name: 'Service',
  type: Service,
  payload: ServicePayload,
  read: { description: 'A service by its id; null if there is none.', id: 'As in `SV1`.' },
  list: { plural: 'services', description: 'All services.', connection: ServiceConnection, args: ServiceList },
  create: {
    input: CreateServiceInput,
    about: 'What it is.',
    description: 'Creates a service. Errors: NOT_FOUND, BAD_USER_INPUT, as for options that do not fit the type.',
    run: (platform, { instance, ...service }) => createService(platform, instance, service),
  },
  update: {
    input: UpdateServiceInput,
    about: 'What to change.',
    description: 'Changes a service. Errors: NOT_FOUND, VERSION_CONFLICT, BAD_USER_INPUT.',
    run: updateService,
  },
  remove: {
    description:
      'Deletes a service with its processes. What runs is stopped first; if it cannot be, nothing is deleted. Errors: NOT_FOUND, NODE_UNREACHABLE, CONFLICT.',
    run: deleteService,
    force:
      'Delete also what could not be stopped: it is remembered as a tombstone, and stopped when its node can be reached.',
  },
});

@Resolver(() => Instance)
export class InstanceServices {
  @FieldResolver(() => ServiceConnection, { description: 'Its services.' })
  services(@Args(() => ServiceList) _list: unknown): unknown {
    return planned();
  }
}
