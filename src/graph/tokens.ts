// Tokens in the graph: who asks, and what users show to say so.
import { Arg, Ctx, Field, ID, InputType, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import { createToken, logIn, type Made, revokeToken, whoAsks } from '../platform/tokens.ts';
import type { Context } from './context.ts';
import { connectionOf, DeletePayload, listArgs, orderOf, Payload } from './lists.ts';
import { readingOf } from './noun.ts';
import { DateTime, Duration } from './scalars.ts';
import { User } from './users.ts';
import { Role } from './words.ts';

@ObjectType('Token', {
  description:
    'What a user shows to say who they are: `Authorization: Bearer` and its text, which only its making shows.',
  simpleResolvers: true,
})
class Token {
  @Field(() => ID, {
    description: 'The part of its text that says which one it is: what stands between the first two `_`.',
  })
  id!: string;

  @Field(() => String, { description: 'What it is for.' })
  name!: string;

  @Field(() => Role, { description: 'At most this much of what its user may.' })
  role!: string;

  @Field(() => User, { description: 'Whose it is.' })
  user!: User;

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: string;

  @Field(() => DateTime, { description: 'When it ends.' })
  expiresAt!: string;

  @Field(() => DateTime, { nullable: true, description: 'When it was last used, to the minute; null if it never was.' })
  lastUsedAt!: string | null;
}

const TokenConnection = connectionOf(Token, 'Token');

@InputType('TokenFilter', { description: 'Which tokens.' })
class TokenFilter {
  @Field(() => ID, { nullable: true, description: 'Of this user, by e-mail.' })
  user?: string;

  @Field(() => [Role], { nullable: true, description: 'With one of these roles.' })
  role?: string[];
}

const TokenList = listArgs(TokenFilter, orderOf('Token', { ID: 'id', NAME: 'name', CREATED_AT: 'createdAt' }));

@ObjectType('TokenPayload', { description: 'A token that was made.', simpleResolvers: true })
class TokenPayload extends Payload {
  @Field(() => Token, { description: 'The token.' })
  token!: unknown;

  @Field(() => String, {
    nullable: true,
    description: 'Its text, shown this once: keep it like a password. Null in an answer that is told again.',
  })
  text!: string | null;
}

@ObjectType('Viewer', { description: 'Who asks.', simpleResolvers: true })
class Viewer {
  @Field(() => String, { description: 'The name that stands in operations and events.' })
  name!: string;

  @Field(() => Role, { description: 'What they may do: the lesser of what the user and the token may.' })
  role!: string;

  @Field(() => User, { nullable: true, description: 'The user; null where access is open, and for the first token.' })
  user!: unknown;
}

@InputType('CreateTokenInput', { description: 'A new token.' })
class CreateTokenInput {
  @Field(() => String, { description: 'What it is for.' })
  name!: string;

  @Field(() => ID, { nullable: true, description: 'Whose it is, by e-mail: your own if not given.' })
  user?: string;

  @Field(() => Role, { nullable: true, description: 'At most this much of what its user may; all of it if not given.' })
  role?: string;

  @Field(() => Duration, { nullable: true, description: 'How long it is good for: 90 days if not given, at most 366.' })
  lifetime?: string;
}

@InputType('LogInInput', { description: 'A user and their password.' })
class LogInInput {
  @Field(() => ID, { description: 'E-mail.' })
  email!: string;

  @Field(() => String, { description: 'Password.' })
  password!: string;
}

const told = ({ id, text }: Made): TokenPayload => ({ token: id, text });

export const TokenReading = readingOf({
  name: 'Token',
  type: Token,
  read: { description: 'A token by its id; null if there is none.', id: 'Its id.' },
  list: {
    plural: 'tokens',
    description: 'Your own tokens; for an ADMIN those of all users.',
    connection: TokenConnection,
    args: TokenList,
  },
});

@Resolver()
export class TokenResolver {
  @Query(() => Viewer, { description: 'Who you are to the gateway. Errors: UNAUTHENTICATED.' })
  viewer(@Ctx() { actor }: Context): Viewer {
    return whoAsks(actor) as Viewer;
  }

  @Mutation(() => TokenPayload, {
    description:
      'Makes a token for 12 hours out of a password. Errors: UNAUTHENTICATED, after the same time whether or not there is such a user; TOO_MANY_REQUESTS.',
  })
  async logIn(
    @Arg('input', () => LogInInput, { description: 'Who it is.' }) input: LogInInput,
    @Ctx() { platform, address }: Context,
  ): Promise<TokenPayload> {
    return told(await logIn(platform, input, address));
  }

  @Mutation(() => TokenPayload, {
    description:
      'Makes a token. Errors: BAD_USER_INPUT, NOT_FOUND; FORBIDDEN for another user; CONFLICT at 100 of one user.',
  })
  async createToken(
    @Arg('input', () => CreateTokenInput, { description: 'What it is for.' }) input: CreateTokenInput,
    @Ctx() { platform, actor }: Context,
  ): Promise<TokenPayload> {
    return told(await createToken(platform, actor, input));
  }

  @Mutation(() => DeletePayload, {
    description:
      'Ends a token at once: sockets that it opened are closed. Errors: NOT_FOUND, also for one of somebody else.',
  })
  async revokeToken(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { platform, actor }: Context,
  ): Promise<DeletePayload> {
    return { id: await revokeToken(platform, actor, id) };
  }
}
