// Logs of processes in the graph. They are on the nodes, not in the store: what is planned leaves them out.
import type { GraphQLResolveInfo } from 'graphql';
import {
  Arg,
  Ctx,
  Extensions,
  Field,
  FieldResolver,
  ID,
  Info,
  Int,
  ObjectType,
  Query,
  Resolver,
  Root,
  Subscription,
} from 'type-graphql';
import { badInput } from '../errors.ts';
import { followLog, type LogPart, readLog } from '../platform/logs.ts';
import type { Platform } from '../platform/platform.ts';
import type { Context } from './context.ts';
import { Process } from './processes.ts';
import { Cursor, Long } from './scalars.ts';

const DEFAULT_LINES = 100;
const LAST = 'So many lines, 0 to 1000. There are fewer if they are very long: a page is looked for in 1 MiB.';
const BEFORE = 'Only lines before this `startCursor`.';

@ObjectType('LogLine', { description: 'A line that a process printed.', simpleResolvers: true })
class LogLine {
  @Field(() => String, {
    description:
      'Without its line break. Bytes that are no UTF-8 are U+FFFD; control characters, escape codes and what turns the direction of text are shown, as `\\x1b` or `\\u202e`, so that no terminal is driven by them.',
  })
  text!: string;

  @Field(() => Boolean, {
    description: 'False if the line was longer than shown (4 096 bytes), or its end was not there yet.',
  })
  whole!: boolean;
}

@ObjectType('ProcessLog', { description: 'Lines of the log of a process.', simpleResolvers: true })
class ProcessLog {
  @Field(() => Process, { description: 'The process.' })
  process!: unknown;

  @Field(() => [LogLine], { description: 'The lines, oldest first; output and errors together.' })
  lines!: readonly LogLine[];

  @Field(() => Cursor, {
    nullable: true,
    description:
      'The place of the first line: give it as `before` to read what is before. Null if nothing was ever run.',
  })
  startCursor!: string | null;

  @Field(() => Boolean, { description: 'Whether the node still has something from before these lines.' })
  hasMore!: boolean;
}

@ObjectType('ProcessLogPart', { description: 'What is new in the log of a process.', simpleResolvers: true })
class ProcessLogPart {
  @Field(() => ID, { description: 'The process.' })
  processId!: string;

  @Field(() => [LogLine], { description: 'Lines, oldest first.' })
  lines!: readonly LogLine[];

  @Field(() => Long, {
    description: 'Bytes that were left out among these lines, because the process printed more than could be followed.',
  })
  skippedBytes!: number;

  @Field(() => Boolean, {
    description:
      'False if nobody can look at present. The next part comes when the node is back, and nothing is repeated.',
  })
  connected!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Why nobody can look, for programs: LOST, TIMEOUT, REFUSED, UNREACHABLE, AUTHENTICATION, …',
  })
  reason!: string | null;

  @Field(() => String, { nullable: true, description: 'The same for people.' })
  message!: string | null;
}

/** Logs that one document may read: each is a request to a node, and waits for the others of that node. */
const MAX_LOGS = 20;
const asked = new WeakMap<object, number>();

/** Throws BAD_USER_INPUT at the first log that is too many. `variableValues` is one object for each execution of a document. */
function count({ variableValues }: GraphQLResolveInfo): void {
  const logs = (asked.get(variableValues) ?? 0) + 1;
  asked.set(variableValues, logs);
  if (logs > MAX_LOGS) throw badInput(`A document may read at most ${MAX_LOGS} logs.`, 'logs');
}

@Resolver(() => Process)
export class ProcessLogs {
  @Extensions({ isLive: true })
  @FieldResolver(() => ProcessLog, {
    nullable: true,
    description: `The last lines that it printed, read from its node now; at most ${MAX_LOGS} in a document. Null with an error: BAD_USER_INPUT; NODE_UNREACHABLE, with \`extensions.reason\`, when nobody could look.`,
  })
  async logs(
    @Root() { id }: Process,
    @Arg('last', () => Int, { defaultValue: DEFAULT_LINES, description: LAST }) last: number,
    @Arg('before', () => Cursor, { nullable: true, description: BEFORE }) before: string | undefined,
    @Ctx() { platform }: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<ProcessLog> {
    count(info);
    return logOf(platform, id, last, before);
  }
}

async function logOf(platform: Platform, id: string, last: number, before: string | undefined): Promise<ProcessLog> {
  const { lines, start, hasMore } = await readLog(platform, id, last, before);
  return { process: id, lines, startCursor: start ?? null, hasMore };
}

@Resolver()
export class ProcessLogResolver {
  @Query(() => ProcessLog, {
    description:
      'The last lines that a process printed, read from its node now. Errors: NOT_FOUND; BAD_USER_INPUT; NODE_UNREACHABLE, with `extensions.reason`, when nobody could look.',
  })
  async processLogs(
    @Arg('id', () => ID, { description: 'Which process.' }) id: string,
    @Arg('last', () => Int, { defaultValue: DEFAULT_LINES, description: LAST }) last: number,
    @Arg('before', () => Cursor, { nullable: true, description: BEFORE }) before: string | undefined,
    @Ctx() { platform }: Context,
  ): Promise<ProcessLog> {
    return logOf(platform, id, last, before);
  }

  @Subscription(() => ProcessLogPart, {
    subscribe: ({ args, context }: { args: { id: string; last: number }; context: Context }) =>
      followLog(context.platform, args.id, args.last) as never,
    description:
      'First the last lines that a process printed, then what it prints, about as it comes, until the process is deleted. It goes on when a lost node is back. Errors: NOT_FOUND, BAD_USER_INPUT.',
  })
  processLog(
    @Arg('id', () => ID, { description: 'Which process.' }) id: string,
    @Arg('last', () => Int, { defaultValue: 10, description: 'So many lines from before, 0 to 1000.' }) _last: number,
    @Root() { lines, skipped, interruption }: LogPart,
  ): ProcessLogPart {
    return {
      processId: id,
      lines,
      skippedBytes: skipped,
      connected: !interruption,
      reason: interruption?.reason ?? null,
      message: interruption?.message ?? null,
    };
  }
}
