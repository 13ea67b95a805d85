// Public ids: counted things are numbers in the store and wear a prefix outside (`IN1`, `ND1`, `SV1`).
export const ID_PREFIXES = { Instance: 'IN', Node: 'ND', Service: 'SV' } as const;

/** The name of an entity whose ids are counted. */
export type Counted = keyof typeof ID_PREFIXES;

export const publicId = (noun: Counted, id: number): string => `${ID_PREFIXES[noun]}${id}`;

export const isCounted = (noun: string): noun is Counted => noun in ID_PREFIXES;

/** The number behind a public id, or undefined where the text is none: `IN07`, `in7`, `SV7` for an instance, … */
export function storedId(noun: Counted, id: string): number | undefined {
  const prefix = ID_PREFIXES[noun];
  const digits = id.startsWith(prefix) ? id.slice(prefix.length) : '';
  // 15 digits stay exact in a double.
  return /^[1-9]\d{0,14}$/.test(digits) ? Number(digits) : undefined;
}

/** What a row of this noun is found by: its key in the store, or, for a text that is no id of the noun, one that no row has. */
export function keyOf(noun: Counted, id: string): number;
export function keyOf(noun: string, id: string): string | number;
export function keyOf(noun: string, id: string): string | number {
  return isCounted(noun) ? (storedId(noun, id) ?? -1) : id;
}
