// Enums of the graph from the words of the store.

/** `{ ADMIN: 'ADMIN', … }`, as GraphQL enums are registered. */
export const enumOf = <Word extends string>(words: readonly Word[]): { readonly [word in Word]: word } =>
  Object.fromEntries(words.map((word) => [word, word])) as { readonly [word in Word]: word };
