// What every noun of the graph has alike: it is read by id and listed, created, updated and deleted. A noun is a description of these.
import { Arg, Args, type ClassType, Ctx, Field, ID, Int, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import type { Actor } from '../platform/actor.ts';
import type { Platform } from '../platform/platform.ts';
import type { Context } from './context.ts';
import { DeletePayload, Payload, planned } from './lists.ts';

interface Write<Run> {
  readonly input: ClassType;
  /** What the input says. */
  readonly about: string;
  readonly description: string;
  readonly run: Run;
}

// Inputs are checked by the platform; what type-graphql makes of them is handed on as it is.
// biome-ignore lint/suspicious/noExplicitAny: each platform function says what it takes
type Input = any;

type Create = Write<(platform: Platform, input: Input) => Promise<string>>;
type Update = Write<(platform: Platform, id: string, input: Input, ifVersion?: number | null) => Promise<string>>;

export interface Noun {
  /** As in `Tenant`. */
  readonly name: string;
  readonly type: ClassType;
  readonly payload?: ClassType;
  readonly read: { readonly description: string; readonly id: string };
  readonly list: {
    readonly plural: string;
    readonly description: string;
    readonly connection: ClassType;
    readonly args: ClassType;
  };
  readonly create?: Create;
  readonly update?: Update;
  readonly remove: {
    readonly description: string;
    readonly run: (platform: Platform, actor: Actor, id: string, force: boolean) => Promise<string>;
    /** What `force` does; without it there is no such argument. */
    readonly force?: string;
  };
  /** What names one in a mutation. */
  readonly which?: string;
}

const IF_VERSION = 'Refuse with VERSION_CONFLICT unless the version is still this one.';
const WHICH = 'Which one.';

const fieldOf = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

/** `TenantPayload`, with the one field `tenant`. What a mutation answers there is an id, and the planner reads it. */
export function payloadOf(item: ClassType, name: string, description: string): ClassType<Record<string, unknown>> {
  @ObjectType(`${name}Payload`, { description, simpleResolvers: true })
  class NounPayload extends Payload {
    @Field(() => item, { name: fieldOf(name), description: 'As it is now.' })
    written!: unknown;
  }
  return NounPayload as unknown as ClassType<Record<string, unknown>>;
}

/** The resolvers of a noun. */
export function resolversOf(noun: Noun): ClassType[] {
  const { name, payload, create, update, which = WHICH } = noun;
  return [
    readingOf(noun),
    ...(create && payload ? [creating(name, payload, create)] : []),
    ...(update && payload ? [updating(name, payload, update, which)] : []),
    removing(noun),
  ];
}

/** The two reads of a noun: one by its id, and a list. */
export function readingOf({ name, type, read, list }: Pick<Noun, 'name' | 'type' | 'read' | 'list'>): ClassType {
  @Resolver()
  class Reading {
    @Query(() => type, { name: fieldOf(name), nullable: true, description: read.description })
    one(@Arg('id', () => ID, { description: read.id }) _id: string): unknown {
      return planned();
    }

    @Query(() => list.connection, { name: list.plural, description: list.description })
    many(@Args(() => list.args) _list: unknown): unknown {
      return planned();
    }
  }
  return Reading;
}

function creating(name: string, payload: ClassType, { input, about, description, run }: Create): ClassType {
  @Resolver()
  class Creating {
    @Mutation(() => payload, { name: `create${name}`, description })
    async create(
      @Arg('input', () => input, { description: about }) given: Input,
      @Ctx() { platform }: Context,
    ): Promise<object> {
      return { [fieldOf(name)]: await run(platform, given) };
    }
  }
  return Creating;
}

function updating(
  name: string,
  payload: ClassType,
  { input, about, description, run }: Update,
  which: string,
): ClassType {
  @Resolver()
  class Updating {
    @Mutation(() => payload, { name: `update${name}`, description })
    async update(
      @Arg('id', () => ID, { description: which }) id: string,
      @Arg('input', () => input, { description: about }) given: Input,
      @Arg('ifVersion', () => Int, { nullable: true, description: IF_VERSION }) ifVersion: number | undefined,
      @Ctx() { platform }: Context,
    ): Promise<object> {
      return { [fieldOf(name)]: await run(platform, id, given, ifVersion) };
    }
  }
  return Updating;
}

function removing({ name, remove, which = WHICH }: Noun): ClassType {
  const options = { name: `delete${name}`, description: remove.description };
  if (remove.force === undefined) {
    @Resolver()
    class Removing {
      @Mutation(() => DeletePayload, options)
      async remove(
        @Arg('id', () => ID, { description: which }) id: string,
        @Ctx() { platform, actor }: Context,
      ): Promise<DeletePayload> {
        return { id: await remove.run(platform, actor, id, false) };
      }
    }
    return Removing;
  }

  @Resolver()
  class RemovingByForce {
    @Mutation(() => DeletePayload, options)
    async remove(
      @Arg('id', () => ID, { description: which }) id: string,
      @Arg('force', () => Boolean, { defaultValue: false, description: remove.force as string }) force: boolean,
      @Ctx() { platform, actor }: Context,
    ): Promise<DeletePayload> {
      return { id: await remove.run(platform, actor, id, force) };
    }
  }
  return RemovingByForce;
}
