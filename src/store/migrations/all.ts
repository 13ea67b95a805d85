// The migrations in their order. A name, once released, stays: the store remembers by it what it has run.
import { InitialSchema } from './0001-initial-schema.ts';
import { NodeLinks } from './0002-node-links.ts';
import { Restarts } from './0003-restarts.ts';
import { StepsThatGoOn } from './0004-steps-that-go-on.ts';
import { Events } from './0005-events.ts';
import { Health } from './0006-health.ts';
import { ArtifactVersions } from './0007-artifacts.ts';
import { NodeDrivers } from './0008-node-drivers.ts';
import { LinkFacts } from './0009-link-facts.ts';
import { StoredAnswers } from './0010-stored-answers.ts';
import { RollingRestarts } from './0011-rolling-restarts.ts';
import { Tokens } from './0012-tokens.ts';
import { Tombstones } from './0013-tombstones.ts';

export const MIGRATIONS = [
  { name: '0001-initial-schema', class: InitialSchema },
  { name: '0002-node-links', class: NodeLinks },
  { name: '0003-restarts', class: Restarts },
  { name: '0004-steps-that-go-on', class: StepsThatGoOn },
  { name: '0005-events', class: Events },
  { name: '0006-health', class: Health },
  { name: '0007-artifacts', class: ArtifactVersions },
  { name: '0008-node-drivers', class: NodeDrivers },
  { name: '0009-link-facts', class: LinkFacts },
  { name: '0010-stored-answers', class: StoredAnswers },
  { name: '0011-rolling-restarts', class: RollingRestarts },
  { name: '0012-tokens', class: Tokens },
  { name: '0013-tombstones', class: Tombstones },
];
