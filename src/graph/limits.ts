// Limits on documents before anything is made of them.

/** Words of a document. GraphiQL's introspection has about 300; with twice as many, nesting alone would end the parser's stack. */
export const MAX_TOKENS = 2_000;
