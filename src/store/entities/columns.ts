// Columns that every entity writes the same way.
import { p } from '@mikro-orm/core';

export const text = () => p.string().columnType('text');

/** An instant as ISO 8601 text in UTC (`2026-01-31T12:00:00.000Z`): sorts as it reads and leaves the store as it is. */
export const instant = () => text();

/** The comment by which a reader knows that a text column holds JSON. */
export const JSON_TEXT = 'json';

/** JSON as the text that was given. To the ORM it is a string, so keys such as `$ne` or `__raw` can never act as operators. */
export const json = () => text().comment(JSON_TEXT);

/** One of a closed set of words. No check constraint: SQLite would rebuild the table for each new word. */
export const word = <Word extends string>() => text().$type<Word>();

export const now = () => new Date().toISOString();

/** What every writable thing carries; `version` counts its writes from 1. */
export const lifespan = () => ({
  version: p.integer().version(),
  createdAt: instant().onCreate(now),
  updatedAt: instant().onCreate(now).onUpdate(now),
});
