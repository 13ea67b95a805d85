// Page info of a list that the planner does not read: under the names of its fields, whatever they are called in the answer.
export class FoundPageInfo {
  constructor(
    readonly hasNextPage: boolean,
    readonly hasPreviousPage: boolean,
    readonly startCursor: string | null,
    readonly endCursor: string | null,
  ) {}
}
