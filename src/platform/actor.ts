// Who asks for something.

/** The name stands in operations and status changes. */
export interface Actor {
  readonly name: string;
}
