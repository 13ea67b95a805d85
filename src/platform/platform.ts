// What every rule works with.
import type { Logger } from 'pino';
import type { Fleet } from '../fleet/fleet.ts';
import type { Store } from '../store/store.ts';
import type { Access } from './access.ts';
import type { Answers } from './answers.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { LinkBook } from './link-book.ts';
import type { NewsBus } from './news.ts';
import type { Refusals } from './refusals.ts';
import type { ServiceTypes } from './service-types.ts';
import type { StatusBook } from './status.ts';
import type { Supervisor } from './supervisor.ts';
import type { Undertaker } from './undertaker.ts';

export interface Platform {
  readonly store: Store;
  readonly bus: NewsBus;
  readonly log: Logger;
  readonly fleet: Fleet;
  readonly serviceTypes: ServiceTypes;
  readonly status: StatusBook;
  readonly links: LinkBook;
  readonly lifecycle: Lifecycle;
  readonly supervisor: Supervisor;
  readonly access: Access;
  readonly answers: Answers;
  readonly refusals: Refusals;
  readonly undertaker: Undertaker;
}
