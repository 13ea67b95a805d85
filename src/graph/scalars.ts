// Scalars with meaning.
import { GraphQLScalarType } from 'graphql';
import { GraphQLDateTimeISO, GraphQLISO8601Duration, GraphQLJSONObject, GraphQLSafeInt } from 'graphql-scalars';
import { badInput } from '../errors.ts';
import { durationMs } from '../platform/durations.ts';

const named = (scalar: GraphQLScalarType, name: string, description: string) =>
  new GraphQLScalarType({ ...scalar.toConfig(), name, description });

export const DateTime = named(
  GraphQLDateTimeISO,
  'DateTime',
  'An instant as ISO 8601 text in UTC, as in `2026-01-31T12:00:00.000Z`.',
);

export const JsonObject = named(
  GraphQLJSONObject,
  'JSONObject',
  'A JSON object. It is stored and returned as it was given; the key `__proto__` is refused.',
);

export const Long = named(
  GraphQLSafeInt,
  'Long',
  'A whole number that may be larger than an Int: up to 2^53 - 1, which every reader of JSON takes exactly.',
);

export const Duration = named(
  GraphQLISO8601Duration,
  'Duration',
  'A span of time as ISO 8601 text, as in `PT15S` or `PT1M30S`.',
);

export const Cursor = new GraphQLScalarType<string, string>({
  name: 'Cursor',
  description: 'A place in a list. Opaque: hand it back as you got it, to a list with the same order.',
  serialize: String,
  parseValue: (value) => {
    if (typeof value !== 'string') throw badInput('A cursor is text.');
    return value;
  },
});

export const PortText = new GraphQLScalarType<string, string>({
  name: 'Port',
  description:
    'A TCP port: a whole number from 1 to 65535, or text that holds a placeholder for it (`options.port` in `$` and braces). Read as text.',
  serialize: String,
  parseValue: (value) => {
    if (typeof value !== 'string' && typeof value !== 'number') throw badInput('A port is a number or text.');
    return String(value);
  },
});

/** Throws BAD_USER_INPUT for durations with years, months or weeks, and for more than `maxMs`. */
export function milliseconds(duration: string, field: string, maxMs: number): number {
  const ms = durationMs(duration);
  if (ms === undefined) throw badInput(`${field} takes days, hours, minutes and seconds, as in PT15S.`, field);
  if (ms > maxMs) throw badInput(`${field} may be at most ${maxMs / 1000} seconds.`, field);
  return ms;
}
