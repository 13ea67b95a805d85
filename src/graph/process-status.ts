// The subscription to what is seen of processes: first how each stands, then every change.
import { Arg, Field, Float, ID, InputType, ObjectType, Resolver, Root, Subscription } from 'type-graphql';
import { followProcesses, type ToldChange } from '../platform/following.ts';
import type { ProcessChange } from '../platform/news.ts';
import { type ProcessSelection, watchProcesses } from '../platform/watching.ts';
import type { Context } from './context.ts';
import { Observed, Process } from './processes.ts';
import { Cursor, DateTime } from './scalars.ts';
import { ProcessStatus, StatusReason } from './words.ts';

@InputType('ProcessStatusFilter', { description: 'Which processes; all that is given has to hold.' })
class ProcessStatusFilter implements ProcessSelection {
  @Field(() => ID, { nullable: true, description: 'Of this instance.' })
  instance?: string;

  @Field(() => ID, { nullable: true, description: 'Of this service.' })
  service?: string;

  @Field(() => ID, { nullable: true, description: 'On this node.' })
  node?: string;

  @Field(() => ID, { nullable: true, description: 'This one.' })
  process?: string;
}

@ObjectType('ProcessStatusChange', { description: 'How a process stands, or how that changed.', simpleResolvers: true })
class ProcessStatusChange extends Observed {
  @Field(() => Cursor, {
    nullable: true,
    description: 'The place of the change in the log, to go on from; null in what is told without `after`.',
  })
  cursor!: string | null;

  @Field(() => ID, { description: 'The process, also after it was deleted.' })
  processId!: string;

  @Field(() => Process, { nullable: true, description: 'The process as it is now; null after it was deleted.' })
  process!: unknown;

  @Field(() => ProcessStatus, {
    nullable: true,
    description:
      'The status before, the same where only its health changed; null in what tells how things stand at the beginning.',
  })
  previous!: string | null;

  @Field(() => StatusReason, {
    description: 'What led to it, for programs. DELETED is the last that is heard of a process.',
  })
  reason!: string;

  @Field(() => String, { nullable: true, description: 'The same for people, where there is more to say.' })
  message!: string | null;

  @Field(() => String, { nullable: true, description: 'Who asked for it; null when nobody did, as for a crash.' })
  actor!: string | null;

  @Field(() => DateTime, { description: 'Since when it is so: its status, or its health where only that changed.' })
  at!: string;

  @Field(() => Float, { description: 'Counts the changes of this process.' })
  revision!: number;
}

@Resolver()
export class ProcessStatusResolver {
  @Subscription(() => ProcessStatusChange, {
    subscribe: ({ args, context }: { args: { filter?: ProcessStatusFilter; after?: string }; context: Context }) => {
      const { platform, actor } = context;
      const filter = args.filter ?? {};
      return (
        args.after == null
          ? watchProcesses(platform, actor, filter)
          : followProcesses(platform, actor, filter, args.after)
      ) as never;
    },
    description:
      'First how each process stands (`previous` is null), then every change, in order. With `after`: every change after that place in the log, once, across disconnects and restarts of the gateway. Errors: NOT_FOUND for a filter that names what does not exist; TOO_SLOW ends a reader without `after` that falls far behind; BAD_USER_INPUT, CURSOR_EXPIRED for a cursor that is not good.',
  })
  processStatus(
    @Arg('filter', () => ProcessStatusFilter, { nullable: true, description: 'All processes if not given.' }) _filter:
      | ProcessStatusFilter
      | undefined,
    @Arg('after', () => Cursor, {
      nullable: true,
      description: 'The `cursor` of the last change that was taken, or the `asOf` of what was read.',
    })
    _after: string | undefined,
    @Root() change: ProcessChange | ToldChange,
  ): ProcessStatusChange {
    return { cursor: null, ...change, process: change.processId };
  }
}
