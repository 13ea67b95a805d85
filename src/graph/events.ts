// Events in the graph: what happened, as the log has it.
import {
  Arg,
  Args,
  ArgsType,
  Ctx,
  Field,
  FieldResolver,
  ID,
  InputType,
  Int,
  ObjectType,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { countEvents, type EventFilter as Filter, type LoggedEvent, listEvents } from '../platform/events.ts';
import { followEvents } from '../platform/following.ts';
import type { Subject } from '../platform/told.ts';
import type { EventType as Type } from '../store/entities/event.ts';
import type { Context } from './context.ts';
import { FoundPageInfo } from './found.ts';
import { PageInfo, planned } from './lists.ts';
import { Operation } from './operations.ts';
import { Cursor, DateTime, JsonObject } from './scalars.ts';
import { EventSubject, EventType, OrderDirection } from './words.ts';

@ObjectType('Event', { description: 'Something that happened, as the log has it.', simpleResolvers: true })
export class Event {
  @Field(() => Cursor, { description: 'Its place in the log: what comes after it follows from here.' })
  cursor!: string;

  @Field(() => DateTime, { description: 'When it was written down.' })
  at!: string;

  @Field(() => EventType, { description: 'What kind of thing happened.' })
  type!: string;

  @Field(() => EventSubject, { description: 'To what kind of thing.' })
  subjectType!: string;

  @Field(() => ID, { description: 'To which, also after it was deleted. `gateway` for the gateway itself.' })
  subjectId!: string;

  @Field(() => EventSubject, { nullable: true, description: 'What the subject was related to, or is no longer.' })
  relatedType!: string | null;

  @Field(() => ID, { nullable: true, description: 'Which one.' })
  relatedId!: string | null;

  @Field(() => ID, { nullable: true, description: 'The instance that it concerns.' })
  instanceId!: string | null;

  @Field(() => [ID], { description: 'All tenants that it concerns, in the order of their ids.' })
  tenantIds!: readonly string[];

  @Field(() => String, { nullable: true, description: 'Who asked for it; null when nobody did, as for a crash.' })
  actor!: string | null;

  @Field(() => ID, { nullable: true, description: 'The operation that it is a part of.' })
  operationId!: string | null;

  @Field(() => Operation, { nullable: true, description: 'The same as it is now; null after its record was deleted.' })
  operation!: unknown;

  @Field(() => JsonObject, {
    nullable: true,
    description:
      'What changed, as it was before; null for what is new. Names are those of the graph. A value of more than 16,384 characters is told by its size.',
  })
  before!: Record<string, unknown> | null;

  @Field(() => JsonObject, {
    nullable: true,
    description:
      'The same as it is since; null for what is gone. What has a status is told with all of it. Of a secret it is told that it changed, and nothing else.',
  })
  after!: Record<string, unknown> | null;

  @Field(() => String, {
    description:
      'SHA-256 of the event before it and of all that it says itself: the log is a chain. See `npm run verify-log`.',
  })
  digest!: string;
}

@InputType('EventSubjectFilter', { description: 'What events are about; all that is given has to hold.' })
class EventSubjectFilter {
  @Field(() => EventSubject, { nullable: true, description: 'About this kind of thing, or a relation to one.' })
  type?: Subject;

  @Field(() => ID, { nullable: true, description: 'About this one, or a relation to it.' })
  id?: string;
}

@InputType('EventFilter', { description: 'Which events; all that is given has to hold.' })
export class EventFilter implements Filter {
  @Field(() => [EventType], { nullable: true, description: 'Of one of these types.' })
  types?: Type[];

  @Field(() => [String], { nullable: true, description: 'Asked for by one of these.' })
  actor?: string[];

  @Field(() => EventSubjectFilter, { nullable: true, description: 'About this.' })
  subject?: EventSubjectFilter;

  @Field(() => ID, { nullable: true, description: 'Concerning this instance.' })
  instance?: string;

  @Field(() => ID, { nullable: true, description: 'Concerning this tenant.' })
  tenant?: string;

  @Field(() => ID, { nullable: true, description: 'Part of this operation.' })
  operation?: string;

  @Field(() => DateTime, { nullable: true, description: 'Written down at this time or later.' })
  from?: Date;

  @Field(() => DateTime, { nullable: true, description: 'Written down before this time.' })
  to?: Date;
}

@ObjectType('EventEdge', { description: 'A row in a list of Event.', simpleResolvers: true })
class EventEdge {
  @Field(() => Event, { description: 'The event itself.' })
  node!: LoggedEvent;

  @Field(() => Cursor, { description: 'The cursor of the event.' })
  cursor!: string;
}

@ObjectType('EventConnection', { description: 'A page of the log.', simpleResolvers: true })
class EventConnection {
  @Field(() => [Event], { description: 'The events of the page.' })
  nodes!: readonly LoggedEvent[];

  @Field(() => [EventEdge], { description: 'The events of the page with their cursors.' })
  edges!: readonly EventEdge[];

  @Field(() => PageInfo, { description: 'Where the page stands.' })
  pageInfo!: PageInfo;

  @Field(() => Cursor, {
    description: 'The oldest cursor that is good: what follows from it is everything that is kept.',
  })
  oldestCursor!: string;

  @Field(() => Cursor, { description: 'The cursor of the last event there is, whether it matches the filter or not.' })
  latestCursor!: string;

  @Field(() => Cursor, { description: 'The place in the log that this was read at: the same as `latestCursor`.' })
  asOf!: string;

  filter?: Filter | undefined;
}

@ArgsType()
class EventList {
  @Field(() => EventFilter, { nullable: true, description: 'Only events that match all of this.' })
  filter?: EventFilter;

  @Field(() => OrderDirection, { defaultValue: 'DESC', description: 'DESC: the newest first. ASC: the oldest first.' })
  order!: string;

  @Field(() => Int, { nullable: true, description: 'So many from the start, 0 to 100; 50 if neither end is given.' })
  first?: number;

  @Field(() => Cursor, { nullable: true, description: 'Only what comes after this cursor in this order.' })
  after?: string;

  @Field(() => Int, { nullable: true, description: 'So many from the end, 0 to 100.' })
  last?: number;

  @Field(() => Cursor, { nullable: true, description: 'Only what comes before this cursor in this order.' })
  before?: string;
}

@Resolver()
export class EventResolver {
  @Query(() => EventConnection, {
    description:
      'What happened, the newest first: who did what when, refused attempts included. It is kept for a time that is set. Errors: BAD_USER_INPUT, CURSOR_EXPIRED for a cursor before what is kept.',
  })
  events(@Args(() => EventList) list: EventList, @Ctx() { platform, actor }: Context): EventConnection {
    const page = listEvents(platform, actor, { ...list, newestFirst: list.order === OrderDirection.DESC });
    const { events, hasMore, oldestCursor, latestCursor } = page;
    const backward = list.last != null;
    return {
      nodes: events,
      edges: events.map((node) => ({ node, cursor: node.cursor })),
      pageInfo: new FoundPageInfo(
        backward ? list.before != null : hasMore,
        backward ? hasMore : list.after != null,
        events.at(0)?.cursor ?? null,
        events.at(-1)?.cursor ?? null,
      ),
      oldestCursor,
      latestCursor,
      asOf: latestCursor,
      filter: list.filter,
    };
  }

  @Query(() => Cursor, {
    description:
      'The place in the log that this query was read at. In one query with others it is read at the same moment as they are: what follows from there is all that they lack.',
  })
  asOf(): string {
    return planned();
  }
}

@Resolver()
export class EventSubscription {
  @Subscription(() => Event, {
    subscribe: ({ args, context }: { args: { filter?: EventFilter; after?: string }; context: Context }) =>
      followEvents(context.platform, context.actor, args.filter, args.after) as never,
    description:
      'What happens: every event after the cursor, in the order of the commits, once, across disconnects and restarts of the gateway. Errors: BAD_USER_INPUT for what is no cursor of this log, CURSOR_EXPIRED for one before what is kept.',
  })
  events(
    @Arg('filter', () => EventFilter, { nullable: true, description: 'Only events that match all of this.' })
    _filter: EventFilter | undefined,
    @Arg('after', () => Cursor, {
      nullable: true,
      description:
        'The `cursor` of the last event that was taken, or the `asOf` of what was read; from now on without it.',
    })
    _after: string | undefined,
    @Root() event: LoggedEvent,
  ): Event {
    return event as unknown as Event;
  }
}

@Resolver(() => EventConnection)
export class EventCount {
  @FieldResolver(() => Int, {
    description: 'How many events match the filter, on all pages. It takes time where many do.',
  })
  totalCount(@Root() { filter }: EventConnection, @Ctx() { platform, actor }: Context): number {
    return countEvents(platform, actor, filter);
  }
}
