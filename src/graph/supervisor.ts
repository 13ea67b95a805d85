// The supervisor in the graph: what is not as it should be, and what is done about it.
import { Ctx, Field, ID, Int, ObjectType, Query, Resolver } from 'type-graphql';
import type { Context } from './context.ts';
import { Process } from './processes.ts';
import { DateTime } from './scalars.ts';
import { Remedy, SupervisorMode } from './words.ts';

@ObjectType('Difference', {
  description: 'A process that is not as it should be, and that no operation works on.',
  simpleResolvers: true,
})
class Difference {
  @Field(() => ID, { description: 'The process.' })
  processId!: string;

  @Field(() => Process, { nullable: true, description: 'The process; null after it was deleted.' })
  process!: unknown;

  @Field(() => Remedy, { description: 'What would put it right.' })
  remedy!: string;

  @Field(() => Int, { description: 'How often the supervisor has tried for this fault.' })
  attempts!: number;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When it tries next, at the earliest: after growing waits of up to 5 minutes. Null if nothing is tried.',
  })
  nextAttemptAt!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Why it cannot be put right as things are, for people; null if nothing but time is in the way.',
  })
  obstacle!: string | null;
}

@ObjectType('Supervisor', {
  description: 'Brings what is seen on nodes to what is wanted there, by operations of the actor `supervisor`.',
  simpleResolvers: true,
})
class Supervisor {
  @Field(() => SupervisorMode, { description: 'What it does about differences.' })
  mode!: string;

  @Field(() => [Difference], {
    description:
      'What is not as it should be now, at most 10,000. On nodes that are not connected, by what was seen last.',
  })
  differences!: Difference[];
}

@Resolver()
export class SupervisorResolver {
  @Query(() => Supervisor, { description: 'The supervisor: what is not as it should be, and what is done about it.' })
  async supervisor(@Ctx() { platform }: Context): Promise<Supervisor> {
    const { mode } = platform.supervisor;
    const differences = await platform.supervisor.differences();
    return {
      mode: mode.toUpperCase(),
      differences: differences.map((each) => ({ ...each, process: each.processId })),
    };
  }
}
