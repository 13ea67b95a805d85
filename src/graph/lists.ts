// Lists: connections with their pages, orders and filters, made the same way for every noun.
import { ArgsType, type ClassType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Cursor, DateTime } from './scalars.ts';
import { OrderDirection, registerWords } from './words.ts';

@ObjectType('PageInfo', { description: 'Where a page stands in its list.', simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether there is more after this page.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether there is more before this page.' })
  hasPreviousPage!: boolean;

  @Field(() => Cursor, { nullable: true, description: 'The cursor of the first row; null on an empty page.' })
  startCursor!: string | null;

  @Field(() => Cursor, { nullable: true, description: 'The cursor of the last row; null on an empty page.' })
  endCursor!: string | null;
}

/** `InstanceEdge` and `InstanceConnection` for `Instance`. */
export function connectionOf(item: ClassType, name: string): ClassType {
  @ObjectType(`${name}Edge`, { description: `A row in a list of ${name}.`, simpleResolvers: true })
  class Edge {
    @Field(() => item, { description: 'The row itself.' })
    node!: unknown;

    @Field(() => Cursor, { description: 'The place of the row in this list.' })
    cursor!: string;
  }

  @ObjectType(`${name}Connection`, { description: `A page of a list of ${name}.`, simpleResolvers: true })
  class Connection {
    @Field(() => [item], { description: 'The rows of the page.' })
    nodes!: unknown[];

    @Field(() => [Edge], { description: 'The rows of the page with their cursors.' })
    edges!: Edge[];

    @Field(() => PageInfo, { description: 'Where the page stands.' })
    pageInfo!: PageInfo;

    @Field(() => Int, { description: 'How many rows match the filter, on all pages.' })
    totalCount!: number;

    @Field(() => Cursor, {
      description:
        'The place in the log of events that this was read at: what follows from there is all that this lacks.',
    })
    asOf!: string;
  }
  return Connection;
}

// What lists can be ordered by, wherever they can.
const ORDERS: Readonly<Record<string, string>> = {
  ID: 'By id; counted ids are in the order of creation.',
  NAME: 'By name.',
  EMAIL: 'By e-mail.',
  CREATED_AT: 'By the time of creation.',
  CHANGED_AT: 'By the time of the last change of status.',
  STATUS: 'By status, in the order of the alphabet.',
  STATE: 'By state, in the order of the alphabet.',
  KIND: 'By kind, in the order of the alphabet.',
  ACTOR: 'By who asked for it.',
};

/** `InstanceOrder`, with `fields` as the words to order by and the properties that they stand for. */
export function orderOf(name: string, fields: Readonly<Record<string, string>>): ClassType {
  registerWords(
    `${name}OrderField`,
    `What a list of ${name} can be ordered by.`,
    fields,
    Object.fromEntries(Object.keys(fields).map((word) => [word, ORDERS[word] ?? ''])),
  );

  @InputType(`${name}Order`, { description: `The order of a list of ${name}.` })
  class Order {
    @Field(() => fields, { description: 'What to order by.' })
    field!: string;

    @Field(() => OrderDirection, { defaultValue: OrderDirection.ASC, description: 'Which end comes first.' })
    direction!: string;
  }
  return Order;
}

/** The arguments of a list: a page from either end, a filter, an order. */
export function listArgs(filter: ClassType, order: ClassType): ClassType {
  @ArgsType()
  class ListArgs {
    @Field(() => Int, {
      nullable: true,
      description: 'So many rows from the start, 0 to 100; 50 if neither end is given.',
    })
    first?: number;

    @Field(() => Cursor, { nullable: true, description: 'Only rows after this cursor.' })
    after?: string;

    @Field(() => Int, { nullable: true, description: 'So many rows from the end, 0 to 100.' })
    last?: number;

    @Field(() => Cursor, { nullable: true, description: 'Only rows before this cursor.' })
    before?: string;

    @Field(() => filter, { nullable: true, description: 'Only rows that match all of this.' })
    filter?: unknown;

    @Field(() => order, {
      nullable: true,
      description: 'The order; rows that are equal in it are ordered by their id.',
    })
    orderBy?: unknown;
  }
  return ListArgs;
}

@InputType('TextFilter', { description: 'Conditions on a text; all that are given have to hold.' })
export class TextFilter {
  @Field(() => String, { nullable: true, description: 'Is this text.' })
  eq?: string;

  @Field(() => [String], { nullable: true, description: 'Is one of these.' })
  in?: string[];

  @Field(() => String, { nullable: true, description: 'Contains this text.' })
  contains?: string;

  @Field(() => String, { nullable: true, description: 'Starts with this text.' })
  startsWith?: string;

  @Field(() => Boolean, { nullable: true, description: 'Compare without regard to upper and lower case.' })
  ignoreCase?: boolean;
}

@InputType('TimeFilter', { description: 'Conditions on a time; all that are given have to hold.' })
export class TimeFilter {
  @Field(() => DateTime, { nullable: true, description: 'Then, or later.' })
  from?: Date;

  @Field(() => DateTime, { nullable: true, description: 'Before then.' })
  before?: Date;
}

/** What every mutation answers with, beside what it is about. */
@ObjectType()
export class Payload {
  @Field(() => Cursor, {
    description:
      'The place in the log of the last event of this mutation; of the last there is, if it changed nothing. What comes after is told to who follows from there.',
  })
  // Put in for all of them where the mutation ends.
  cursor?: string;
}

@ObjectType('DeletePayload', { description: 'What was deleted.', simpleResolvers: true })
export class DeletePayload extends Payload {
  @Field(() => ID, { description: 'The id that it had.' })
  id!: string;
}

/** The body of a field that the planner answers: it never runs. */
export function planned(): never {
  throw new Error('This field is answered by the planner.');
}
