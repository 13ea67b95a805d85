// Paths into the data of a document (`instance.nodes.nodes.0`) as types: a field renamed in the graph breaks the build.

/** Every path into `Data`; `0` is the first of a list. */
export type PathOf<Data> = Data extends readonly (infer Each)[]
  ? '0' | `0.${PathOf<NonNullable<Each>>}`
  : Data extends object
    ? { [Key in keyof Data & string]: Key | `${Key}.${PathOf<NonNullable<Data[Key]>>}` }[keyof Data & string]
    : never;

/** What a path leads to. */
export type At<Data, Path extends string> = Path extends `${infer Key}.${infer Rest}`
  ? At<Member<NonNullable<Data>, Key>, Rest>
  : Member<NonNullable<Data>, Path>;

type Member<Data, Key extends string> = Data extends readonly (infer Each)[]
  ? Each
  : Key extends keyof Data
    ? Data[Key]
    : never;

/** One of a list, or the thing itself. */
export type Item<Answer> = NonNullable<Answer> extends readonly (infer Each)[] ? Each : NonNullable<Answer>;
