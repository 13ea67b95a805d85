// Limits on documents before anything is made of them.

/** Words of a document. GraphiQL's introspection has about 200; nesting beyond this would end the parser's stack. */
export const MAX_TOKENS = 4_000;
