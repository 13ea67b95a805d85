// The subscription to an operation: how it stands, each time that it comes further.
import { Arg, ID, Resolver, Root, Subscription } from 'type-graphql';
import { watchOperation } from '../platform/progress.ts';
import type { Context } from './context.ts';
import { OperationPayload } from './lifecycle.ts';

@Resolver()
export class OperationProgressResolver {
  @Subscription(() => OperationPayload, {
    subscribe: ({ args, context }: { args: { id: string }; context: Context }) =>
      watchOperation(context.platform, args.id) as never,
    description:
      'An operation as it stands, and again each time that it, or a step of it, comes further; ends with the operation. A slow reader is told less often. Errors: NOT_FOUND.',
  })
  operation(@Arg('id', () => ID, { description: 'A UUID.' }) _id: string, @Root() id: string): OperationPayload {
    return { operation: id };
  }
}
