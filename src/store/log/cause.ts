// Why something is written: who asked, for which operation. It follows the work through all that the work waits for.
import { AsyncLocalStorage } from 'node:async_hooks';

export interface Cause {
  /** Absent: nobody asked, as for a crash. */
  readonly actor?: string | undefined;
  /** Id of the operation that it is done for. */
  readonly operation?: string | undefined;
}

/** What was done for a cause: says, when it is done, which event was the last of it. */
export class Deed {
  /** Number of the last event, also of what it set going; 0 while there is none. */
  last = 0;

  constructor(
    readonly cause: Cause,
    private readonly within?: Deed | undefined,
  ) {}

  note(seq: number): void {
    this.last = Math.max(this.last, seq);
    this.within?.note(seq);
  }
}

const current = new AsyncLocalStorage<Deed>();

/** All that `work` writes is written for this cause, unless a part of it says another. */
export function because<T>(cause: Cause, work: (deed: Deed) => T): T {
  const deed = new Deed(cause, current.getStore());
  return current.run(deed, () => work(deed));
}

/** A listener to the outside: what comes from a machine was asked for by nobody, whoever opened the line that it comes over. */
export const unaskedAll = <T extends object>(listener: T): T =>
  new Proxy(listener, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => current.run(new Deed({}), () => value.apply(target, args));
    },
  });

export const currentDeed = (): Deed | undefined => current.getStore();

const given = new WeakMap<object, Cause>();

/** Says of one entity why it is written, where a transaction writes several for several reasons. */
export const attribute = (entity: object, cause: Cause): void => void given.set(entity, cause);

export const causeOf = (entity: object): Cause | undefined => given.get(entity);
