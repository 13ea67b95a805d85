// Finds the route of a request. Words come before parameters: `services/start` is not a service.
import type { Method } from './dialect.ts';
import { badRequest, Fault } from './fault.ts';

export interface Routed {
  readonly method: Method;
  /** Below the prefix, as in `/instances/{id}`. */
  readonly path: string;
}

interface Entry<Route> {
  readonly route: Route;
  readonly segments: readonly Segment[];
}

type Segment = { readonly word: string } | { readonly parameter: string };

export interface Match<Route> {
  readonly route: Route;
  readonly path: Readonly<Record<string, string>>;
}

export class Router<Route extends Routed> {
  readonly #bySize = new Map<number, Entry<Route>[]>();

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const segments = split(route.path).map((text): Segment => {
        const parameter = /^\{(\w+)\}$/.exec(text)?.[1];
        return parameter === undefined ? { word: text } : { parameter };
      });
      const same = this.#bySize.get(segments.length) ?? [];
      this.#bySize.set(segments.length, [...same, { route, segments }].sort(wordsFirst));
    }
  }

  /** Throws a fault: 404 for a path that no route has, 405 with `Allow` for a method that its routes have not. */
  match(method: string, path: string): Match<Route> {
    const given = split(path).map(decode);
    const all = (this.#bySize.get(given.length) ?? []).filter(({ segments }) => fits(segments, given));
    // Of the routes that fit, those of the first path count: a word where another has a parameter is its own path.
    const found = all.filter(({ segments }) => samePath(segments, (all[0] as Entry<Route>).segments));
    if (found.length === 0) throw new Fault(404, 'There is nothing at this path.');
    const wanted = method === 'HEAD' ? 'GET' : method;
    const entry = found.find(({ route }) => route.method === wanted);
    if (entry) return { route: entry.route, path: parametersOf(entry.segments, given) };
    const methods = new Set(found.map(({ route }) => route.method as string));
    if (methods.has('GET')) methods.add('HEAD');
    const allow = [...methods].sort().join(', ');
    throw new Fault(405, `${method} is not offered here; ${allow} ${methods.size === 1 ? 'is' : 'are'}.`, { allow });
  }
}

const split = (path: string) => path.split('/').slice(1);

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest('The path is not valid: a % in it is not followed by two hexadecimal digits of UTF-8.');
  }
}

const fits = (segments: readonly Segment[], given: readonly string[]) =>
  segments.every((segment, at) => ('word' in segment ? segment.word === given[at] : given[at] !== ''));

const samePath = (one: readonly Segment[], other: readonly Segment[]) =>
  one.every((segment, at) => 'word' in segment === 'word' in (other[at] as Segment));

const parametersOf = (segments: readonly Segment[], given: readonly string[]) =>
  Object.fromEntries(
    segments.flatMap((segment, at) => ('parameter' in segment ? [[segment.parameter, given[at] as string]] : [])),
  );

/** The path with the earlier word goes first. */
function wordsFirst(one: Entry<unknown>, other: Entry<unknown>): number {
  for (const [at, segment] of one.segments.entries()) {
    const difference = Number('parameter' in segment) - Number('parameter' in (other.segments[at] as Segment));
    if (difference !== 0) return difference;
  }
  return 0;
}
