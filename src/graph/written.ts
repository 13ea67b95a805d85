// What everything that can be written carries.
import { Field, Int, ObjectType } from 'type-graphql';
import { DateTime } from './scalars.ts';

@ObjectType()
export class Written {
  @Field(() => Int, { description: 'Counts the writes, from 1. For `ifVersion`.' })
  version!: number;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: string;

  @Field(() => DateTime, { description: 'When it was last written.' })
  updatedAt!: string;
}
