// A statement under construction: its text, and where in a run's arguments each of its parameters comes from.
import type { ReadArgs } from './selection.ts';

type Path = readonly (string | number)[];
type Parameter = string | number | null;

export class Statement {
  readonly #sources: ((args: readonly ReadArgs[]) => Parameter)[] = [];
  #isSeenBy = false;

  /** The parameter that holds the id of whoever reads. */
  viewer(): string {
    this.#isSeenBy = true;
    return '@viewer';
  }

  /** A parameter whose value is found at `path` in the arguments of each run. */
  bind(path: Path, convert: (value: unknown) => unknown = (value) => value): string {
    return this.compute((args) => toParameter(convert(dig(args, path))));
  }

  /** A parameter whose value is computed from the arguments of each run. */
  compute(source: (args: readonly ReadArgs[]) => Parameter): string {
    return `@p${this.#sources.push(source)}`;
  }

  /** The parameters of one run, by name. */
  values(args: readonly ReadArgs[], viewer?: string): Record<string, Parameter> {
    const values = Object.fromEntries(this.#sources.map((source, index) => [`p${index + 1}`, source(args)]));
    return this.#isSeenBy ? { ...values, viewer: viewer ?? null } : values;
  }
}

function dig(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, step) => (at as Record<string | number, unknown> | undefined)?.[step], value);
}

// SQLite has no booleans to bind.
function toParameter(value: unknown): Parameter {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value === undefined ? null : (value as Parameter);
}
