// Conditional requests (RFC 9110, section 13): what an ETag is made of, and whether a request holds against it.
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { badRequest, Fault } from './fault.ts';

/** What a path shows now, for conditions. */
export interface Representation {
  /** Undefined for what has none: a list that is sent page by page. */
  readonly etag: string | undefined;
  /** Counts the writes of the thing that is shown; undefined for what has none. */
  readonly version: number | undefined;
}

const HASH_CHARACTERS = 16;
const MAX_TAGS = 100;
const TAG = /^(?<weak>W\/)?(?<opaque>"[\x21\x23-\x7e\x80-\xff]*")$/;

/** The version tells every write; the hash, what else is shown (the tenants of a user), which comes and goes without one. */
export function etagOf(body: string, version: number | undefined): string {
  const hash = createHash('sha256').update(body).digest('base64url').slice(0, HASH_CHARACTERS);
  return version === undefined ? `"${hash}"` : `"${version}.${hash}"`;
}

type Tags = '*' | readonly { readonly isWeak: boolean; readonly opaque: string }[];

export class Conditions {
  private constructor(
    private readonly match: Tags | undefined,
    private readonly noneMatch: Tags | undefined,
  ) {}

  /** Undefined where there are none. Throws a fault with status 400 for a header that is no list of ETags. */
  static of(headers: IncomingHttpHeaders): Conditions | undefined {
    const match = parse('If-Match', headers['if-match']);
    const noneMatch = parse('If-None-Match', headers['if-none-match']);
    return match || noneMatch ? new Conditions(match, noneMatch) : undefined;
  }

  /** The status for a request that is not to be done, or undefined. */
  refusal({ etag }: Pick<Representation, 'etag'>, isRead: boolean): 304 | 412 | undefined {
    // If-Match compares strongly: what is weak matches nothing.
    if (this.match && !matches(this.match, etag, ({ isWeak }) => !isWeak)) return 412;
    if (this.noneMatch && matches(this.noneMatch, etag, () => true)) return isRead ? 304 : 412;
    return undefined;
  }

  /** Whether a change is to be made only to what was shown. `*` is content with anything that is there. */
  get isOfOneState(): boolean {
    return this.match !== undefined && this.match !== '*';
  }
}

export const preconditionFailed = () =>
  new Fault(
    412,
    'This is not as your condition wants it: somebody changed it. Read it again, then repeat your change.',
  );

function parse(header: string, text: string | undefined): Tags | undefined {
  if (text === undefined) return undefined;
  if (text.trim() === '*') return '*';
  // No ETag has a comma within: those of this server have none, and others match nothing anyway.
  const parts = text.split(',').map((part) => part.trim());
  const tags = parts.slice(0, MAX_TAGS).map((part) => TAG.exec(part)?.groups);
  if (parts.length > MAX_TAGS || tags.includes(undefined))
    throw badRequest(`${header} has to be * or at most ${MAX_TAGS} ETags, as in "1.abc".`);
  return tags.map((tag) => ({ isWeak: tag?.weak !== undefined, opaque: tag?.opaque as string }));
}

const matches = (tags: Tags, etag: string | undefined, counts: (tag: { isWeak: boolean }) => boolean): boolean =>
  tags === '*' || tags.some((tag) => counts(tag) && tag.opaque === etag);
