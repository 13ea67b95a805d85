// The entities of the store, in the order in which they refer to each other.
import { EventAudience, EventEntry, EventHead } from './event.ts';
import { FormerNode } from './former-node.ts';
import { Instance } from './instance.ts';
import { Integration } from './integration.ts';
import { Node } from './node.ts';
import { NodeLink } from './node-link.ts';
import { Operation } from './operation.ts';
import { OperationArtifact } from './operation-artifact.ts';
import { OperationStep } from './operation-step.ts';
import { Process } from './process.ts';
import { Service } from './service.ts';
import { StoredAnswer } from './stored-answer.ts';
import { Tenant } from './tenant.ts';
import { Token } from './token.ts';
import { Tombstone } from './tombstone.ts';
import { User } from './user.ts';

export const ENTITIES = [
  Instance,
  Tenant,
  User,
  Integration,
  Node,
  NodeLink,
  Service,
  Process,
  Operation,
  OperationStep,
  OperationArtifact,
  Token,
  StoredAnswer,
  EventAudience,
  EventEntry,
  EventHead,
  Tombstone,
  FormerNode,
];
