// How fast and how often nodes start the processes of a service again, in the graph.
import { Field, Float, InputType, Int, ObjectType } from 'type-graphql';
import { Duration } from './scalars.ts';
import { Written } from './written.ts';

/** The columns of a service that say it. They are plain fields of it: what is planned has no objects of its own. */
@ObjectType()
export class RestartPace extends Written {
  @Field(() => Duration, { nullable: true, description: 'The wait before the first restart; null: `PT1S`.' })
  restartInitialDelay!: string | null;

  @Field(() => Float, { nullable: true, description: 'How much longer each wait is than the one before; null: 2.' })
  restartFactor!: number | null;

  @Field(() => Duration, { nullable: true, description: 'The longest wait; null: `PT60S`.' })
  restartMaxDelay!: string | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Up to this share of each wait (0 to 1) is left out, at random; null: 0.',
  })
  restartJitter!: number | null;

  @Field(() => Duration, {
    nullable: true,
    description: 'After a run that lasted so long the waits begin anew with the first; null: `PT60S`.',
  })
  restartResetAfter!: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'So many restarts within the window; at the next end the node gives up: FATAL. Null: no limit.',
  })
  restartLimit!: number | null;

  @Field(() => Duration, { nullable: true, description: 'The window of the limit; null: `PT10M`.' })
  restartWindow!: string | null;
}

@InputType('RestartInput', {
  description:
    'How fast and how often a node starts a process again by itself. What is not set is as usual: waits of 1 s, doubled up to 60 s, from 1 s again after a run of 60 s, without a limit.',
})
export class RestartInput {
  @Field(() => Duration, { nullable: true, description: 'The wait before the first restart: `PT0.1S` to `P1D`.' })
  initialDelay?: string | null;

  @Field(() => Float, {
    nullable: true,
    description: 'How much longer each wait is than the one before, 1 to 10; two decimals count.',
  })
  factor?: number | null;

  @Field(() => Duration, { nullable: true, description: 'The longest wait: `PT0.1S` to `P1D`.' })
  maxDelay?: string | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Up to this share of each wait is left out, at random: 0 to 1; two decimals count.',
  })
  jitter?: number | null;

  @Field(() => Duration, {
    nullable: true,
    description: 'After a run that lasted so long the waits begin anew with the first: up to `P1D`.',
  })
  resetAfter?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: 'So many restarts within the window, 1 to 1000; at the next end the node gives up: FATAL.',
  })
  limit?: number | null;

  @Field(() => Duration, { nullable: true, description: 'The window of the limit: `PT1S` to `P1D`.' })
  window?: string | null;
}
