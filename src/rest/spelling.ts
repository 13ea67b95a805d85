// Spellings of names.

/** `rateLimit` becomes `rate-limit`. */
export const kebabCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export const asIs = <T>(text: T): T => text;
