// Turns the changes of a transaction into the events that are told of it, by the table of what is told.
import type { EventType } from '../store/entities/event.ts';
import { publicId } from '../store/ids.ts';
import type { NewEvent } from '../store/log/append.ts';
import { currentDeed } from '../store/log/cause.ts';
import type { Changes, EntityChange, RelationChange, ToldColumn, Values } from '../store/log/changes.ts';
import type { Concerned } from '../store/log/concerned.ts';
import type { Teller, TransactionTeller } from '../store/store.ts';
import { Concerning } from './concerning.ts';
import { distinct, endingWith, heldByColumn, relationEvent, shownKey } from './relations.ts';
import { type Decision, type Rule, TOLD } from './told.ts';

/** What stands in an event for a secret that changed. */
const SECRET_CHANGED = '(changed)';
/** A value with more characters of JSON is told by its size: events are kept by the million and read by many. */
const MAX_VALUE = 16 * 1024;

type Columns = readonly ToldColumn[];
type Told = Readonly<Record<string, unknown>>;

/** A teller for a store with these columns; they are asked for when it begins to write. */
export function createTeller(columns: () => ReadonlyMap<string, Columns>): Teller {
  let known: ReadonlyMap<string, Columns> | undefined;
  return {
    begin: (concerned) => {
      known ??= columns();
      return new TellingOf(known, concerned);
    },
  };
}

/** Of one transaction. */
class TellingOf implements TransactionTeller {
  readonly #concerning: Concerning;
  readonly #ending: RelationChange[] = [];

  constructor(
    private readonly columns: ReadonlyMap<string, Columns>,
    private readonly concerned: Concerned,
  ) {
    this.#concerning = new Concerning(concerned);
  }

  before({ entities }: Changes): void {
    for (const { entity, before, after } of entities) {
      if (!before || !TOLD[entity]) continue;
      const key = this.#key(entity, before);
      this.#concerning.look(entity, key, before);
      if (!after) this.#ending.push(...endingWith(entity, key, this.concerned));
    }
  }

  events({ entities, relations }: Changes): NewEvent[] {
    const cause = currentDeed()?.cause;
    const related = distinct([...relations, ...entities.flatMap(heldByColumn), ...this.#ending]);
    const ended = related.filter(({ isAdded }) => !isAdded).map((relation) => relationEvent(relation, cause));
    const begun = related.filter(({ isAdded }) => isAdded).map((relation) => relationEvent(relation, cause));
    // What is related is there: a relation ends before a thing does, and begins after it.
    return [...ended, ...entities.flatMap((change) => this.#ofEntity(change)), ...begun];
  }

  #ofEntity(change: EntityChange): NewEvent[] {
    const rule = TOLD[change.entity];
    if (!rule) return [];
    if (change.before && change.after) return this.#changed(rule, change, change.before, change.after);
    const { created = 'CREATED', deleted = 'DELETED' } = rule;
    const type = change.after ? created : deleted;
    if (type === null) return [];
    const names = named(rule, 'told', 'status');
    const before = change.before && this.#told(change.entity, change.before, names);
    const after = change.after && {
      ...this.#told(change.entity, change.after, names),
      ...secrets(rule, {}, change.after),
    };
    return [this.#event(rule, change, type, before, after)];
  }

  #changed(rule: Rule, change: EntityChange, before: Values, after: Values): NewEvent[] {
    const { entity } = change;
    const { status } = rule;
    const differs = new Set(Object.keys(after).filter((name) => before[name] !== after[name]));
    const events: NewEvent[] = [];
    const told = named(rule, 'told').filter((name) => differs.has(name));
    const hidden = secrets(rule, before, after);
    if (told.length > 0 || Object.keys(hidden).length > 0) {
      const now = { ...this.#told(entity, after, told), ...hidden };
      events.push(this.#event(rule, change, 'UPDATED', this.#told(entity, before, told), now));
    }
    if (status?.when.some((name) => differs.has(name))) {
      const all = named(rule, 'status');
      const was = this.#told(
        entity,
        before,
        all.filter((name) => differs.has(name)),
      );
      const is = this.#told(entity, after, [...(status.with ?? []), ...all]);
      const event = this.#event(rule, change, status.type, was, is);
      events.push(
        status.actor === undefined ? event : { ...event, actor: (after[status.actor] as string) ?? undefined },
      );
    }
    return events;
  }

  #event(rule: Rule, change: EntityChange, type: EventType, before?: Told, after?: Told): NewEvent {
    const { entity, cause } = change;
    const values = (change.after ?? change.before) as Values;
    const key = this.#key(entity, values);
    const { instance, tenants } = this.#concerning.look(entity, key, values);
    return {
      type,
      subjectType: rule.subject,
      subjectId: String(rule.id === undefined ? shownKey(entity, key) : this.#told(entity, values, [rule.id])[rule.id]),
      instanceId: instance === undefined ? undefined : publicId('Instance', instance),
      tenants: [...tenants],
      actor: cause?.actor,
      operationId: rule.operation === undefined ? cause?.operation : String(values[rule.operation]),
      before,
      after,
    };
  }

  #key(entity: string, values: Values): string | number {
    const column = this.columns.get(entity)?.find(({ isKey }) => isKey);
    return values[column?.name ?? 'id'] as string | number;
  }

  /** These properties as the graph shows them. */
  #told(entity: string, values: Values, names: readonly string[]): Told {
    const columns = this.columns.get(entity) ?? [];
    return Object.fromEntries(
      names.map((name) => [
        name,
        shown(
          values[name],
          columns.find((each) => each.name === name),
        ),
      ]),
    );
  }
}

const named = (rule: Rule, ...decisions: readonly Decision[]) =>
  Object.keys(rule.columns).filter((name) => decisions.includes(rule.columns[name] as Decision));

/** That a secret changed, and nothing of it. */
const secrets = (rule: Rule, before: Values, after: Values): Told =>
  Object.fromEntries(
    named(rule, 'secret')
      .filter((name) => (before[name] ?? null) !== (after[name] ?? null))
      // By the name that it goes in by: a password is stored as a hash.
      .map((name) => [name.replace(/(Hash|Sealed)$/, ''), SECRET_CHANGED]),
  );

function shown(value: unknown, column: ToldColumn | undefined): unknown {
  if (value === null || value === undefined) return null;
  if (column?.refersTo) return shownKey(column.refersTo, value as string);
  if (typeof value === 'string' && value.length > MAX_VALUE) return `(${value.length} characters)`;
  return column?.isJson && typeof value === 'string' ? JSON.parse(value) : value;
}
