// Safe to repeat: gives the mutations of the schema their `idempotencyKey`, so that none can be forgotten, and answers what comes again.
import { type GraphQLArgument, type GraphQLField, type GraphQLSchema, GraphQLString } from 'graphql';
import type { Answer } from '../platform/answers.ts';
import { type Context, countReplay } from './context.ts';
import { milliseconds } from './scalars.ts';
import { MAX_WAIT_MS } from './waiting.ts';

const ARGUMENT: GraphQLArgument = {
  name: 'idempotencyKey',
  description:
    'Makes it safe to send this again: 1 to 255 visible ASCII characters of your choice, new for each thing to be done. With the same input it is not done twice within 24 hours, and has the first answer. Errors: IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_KEY_IN_USE.',
  type: GraphQLString,
  defaultValue: undefined,
  deprecationReason: undefined,
  extensions: {},
  astNode: undefined,
};

/** They say how long the answer may take and under which condition, not what is asked for. */
const NOT_INPUT: ReadonlySet<string> = new Set(['wait', 'ifVersion']);

/** Their answers are secrets that are shown once, so they are not kept. One more of them ends by itself. */
const NOT_KEPT: ReadonlySet<string> = new Set(['logIn', 'createToken']);

type Args = Readonly<Record<string, unknown>>;
type Mutation = GraphQLField<unknown, Context, Args>;

/** The schema itself, changed. */
export function withIdempotency(schema: GraphQLSchema): GraphQLSchema {
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {}) as Mutation[];
  for (const field of mutations.filter(({ name }) => !NOT_KEPT.has(name))) {
    field.args = [...field.args, ARGUMENT];
    field.resolve = repeatable(field.name, field.resolve as NonNullable<Mutation['resolve']>);
  }
  return schema;
}

function repeatable(mutation: string, resolve: NonNullable<Mutation['resolve']>): NonNullable<Mutation['resolve']> {
  return async (source, { idempotencyKey, ...args }, context, info) => {
    const key = (idempotencyKey ?? context.repeat?.key) as string | null | undefined;
    const work = async () => (await resolve(source, args, context, info)) as Answer;
    if (key == null) return work();
    const { platform, actor, repeat } = context;
    const input = Object.fromEntries(Object.entries(args).filter(([name]) => !NOT_INPUT.has(name)));
    const { answer, isReplayed } = await platform.answers.once(
      actor,
      { key, mutation, input },
      repeat?.isRecall ? undefined : work,
    );
    if (!isReplayed) return answer;
    countReplay(context, String(info.path.key));
    // The first one waited for its operation, too, unless it was cut before the end.
    if (typeof answer.operation === 'string' && typeof args.wait === 'string')
      await platform.lifecycle.carryOut(answer.operation, milliseconds(args.wait, 'wait', MAX_WAIT_MS));
    return answer;
  };
}
