// Mutations as deeds: everything that one writes is written in the name of who asked for it, and its answer says where in the log it ended.
import { defaultFieldResolver, type GraphQLSchema } from 'graphql';
import { GantryError } from '../errors.ts';
import { cursorAt } from '../platform/events.ts';
import { because } from '../store/log/cause.ts';
import type { Context } from './context.ts';

const REFUSED: ReadonlySet<string> = new Set(['FORBIDDEN', 'UNAUTHENTICATED']);

/** Wraps the resolver of every mutation: none can be forgotten. */
export function attributeMutations(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    const resolve = field.resolve ?? defaultFieldResolver;
    field.resolve = (source, args, context: Context, info) =>
      because({ actor: context.actor.name }, async (deed) => {
        try {
          const payload = (await resolve(source, args, context, info)) as object;
          return { ...payload, cursor: cursorAt(context.platform.store, deed.last) };
        } catch (error) {
          if (error instanceof GantryError && REFUSED.has(error.code))
            await noteRefusal(context, field.name, error.code);
          throw error;
        }
      });
  }
}

async function noteRefusal({ platform, actor, address }: Context, mutation: string, code: string): Promise<void> {
  const refusal = { actor: actor.name, attempt: `mutation ${mutation}`, code, address };
  await platform.refusals
    .note(refusal)
    .catch((error) => platform.log.error({ err: error, ...refusal }, 'a refusal could not be written down'));
}
