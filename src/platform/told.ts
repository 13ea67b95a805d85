// What the log tells of each entity, column by column. A column without a decision is not told, and fails a test that names it.
import type { EventType } from '../store/entities/event.ts';

/** What kind of thing an event is about. */
export const SUBJECTS = [
  'INSTANCE',
  'TENANT',
  'USER',
  'INTEGRATION',
  'NODE',
  'SERVICE',
  'PROCESS',
  'OPERATION',
  'OPERATION_STEP',
  'TOKEN',
  'GATEWAY',
] as const;
export type Subject = (typeof SUBJECTS)[number];

/**
 * told: before and after. status: of the entity's status, which has events of its own. relation: added or removed, and told as that.
 * secret: only that it changed. silent: not at all, and no event for it alone.
 */
export type Decision = 'told' | 'status' | 'relation' | 'secret' | 'silent';

export interface Rule {
  readonly subject: Subject;
  /** The column of the subject's id, where the entity is a part of its subject. */
  readonly id?: string;
  readonly columns: Readonly<Record<string, Decision>>;
  /** The column of the instance that it belongs to. */
  readonly instance?: string;
  readonly status?: StatusRule;
  /** What is told of its creation and its end, if not CREATED and DELETED; null for nothing. */
  readonly created?: EventType | null;
  readonly deleted?: EventType | null;
  /** The column of the operation that it is about. */
  readonly operation?: string;
}

/** A status is told whole, so that an event of it stands for itself; what it was is told as far as it changed. */
export interface StatusRule {
  readonly type: EventType;
  /** It has changed if one of these has. */
  readonly when: readonly string[];
  /** Columns told with it that are none of it. */
  readonly with?: readonly string[];
  /** The column of whoever asked for it; without one it is whoever writes. */
  readonly actor?: string;
}

const LIFESPAN = { version: 'silent', createdAt: 'silent', updatedAt: 'silent' } as const;

/** The log does not tell of itself. */
const silent = (...columns: string[]): Rule => ({
  subject: 'GATEWAY',
  created: null,
  deleted: null,
  columns: Object.fromEntries(columns.map((name) => [name, 'silent'])),
});

export const TOLD: Readonly<Record<string, Rule>> = {
  Instance: {
    subject: 'INSTANCE',
    instance: 'id',
    columns: {
      id: 'silent',
      name: 'told',
      description: 'told',
      zk: 'told',
      redis: 'told',
      auth: 'told',
      api: 'told',
      events: 'told',
      stats: 'told',
      instanceCode: 'told',
      groupCode: 'told',
      subGroupCode: 'told',
      isActive: 'told',
      isDeploymentTarget: 'told',
      environments: 'told',
      workflows: 'told',
      plugins: 'told',
      ...LIFESPAN,
    },
  },
  Tenant: {
    subject: 'TENANT',
    instance: 'instance',
    columns: { id: 'silent', name: 'told', rateLimit: 'told', instance: 'relation', ...LIFESPAN },
  },
  User: {
    subject: 'USER',
    columns: {
      email: 'silent',
      name: 'told',
      clientId: 'told',
      passwordHash: 'secret',
      role: 'told',
      tenants: 'relation',
      ...LIFESPAN,
    },
  },
  Integration: {
    subject: 'INTEGRATION',
    columns: { id: 'silent', displayName: 'told', definition: 'told', tenants: 'relation', ...LIFESPAN },
  },
  Node: {
    subject: 'NODE',
    instance: 'instance',
    columns: {
      id: 'silent',
      name: 'told',
      description: 'told',
      status: 'told',
      statusGiven: 'silent',
      ipAddress: 'told',
      port: 'told',
      username: 'told',
      passwordSealed: 'secret',
      privateKeySealed: 'secret',
      passphraseSealed: 'secret',
      credentialKind: 'told',
      credentialSetAt: 'told',
      hostKeys: 'told',
      revokedHostKeys: 'told',
      driver: 'told',
      instance: 'told',
      ...LIFESPAN,
    },
  },
  NodeLink: {
    subject: 'NODE',
    id: 'node',
    created: 'NODE_CONNECTION',
    deleted: 'NODE_CONNECTION',
    status: { type: 'NODE_CONNECTION', when: ['state', 'since', 'reason', 'message'] },
    columns: {
      id: 'silent',
      node: 'silent',
      state: 'status',
      since: 'status',
      reason: 'status',
      message: 'status',
      // Of interest when one looks, and otherwise an event every few seconds for each node that is down.
      attempts: 'silent',
      nextAttemptAt: 'silent',
      latencyMs: 'silent',
      driver: 'silent',
      driverReason: 'silent',
      kernel: 'silent',
      shell: 'silent',
      init: 'silent',
      lastErrorReason: 'silent',
      lastError: 'silent',
      lastErrorAt: 'silent',
    },
  },
  Service: {
    subject: 'SERVICE',
    instance: 'instance',
    columns: {
      id: 'silent',
      name: 'told',
      description: 'told',
      type: 'told',
      logLevel: 'told',
      options: 'told',
      optionsGiven: 'silent',
      restartPolicy: 'told',
      restartInitialDelay: 'told',
      restartFactor: 'told',
      restartMaxDelay: 'told',
      restartJitter: 'told',
      restartResetAfter: 'told',
      restartLimit: 'told',
      restartWindow: 'told',
      healthCheckKind: 'told',
      healthCheckHost: 'told',
      healthCheckPort: 'told',
      healthCheckPath: 'told',
      healthCheckExpectedStatus: 'told',
      healthCheckCommand: 'told',
      healthCheckInterval: 'told',
      healthCheckTimeout: 'told',
      healthCheckHealthyThreshold: 'told',
      healthCheckUnhealthyThreshold: 'told',
      healthCheckStartPeriod: 'told',
      instance: 'told',
      ...LIFESPAN,
    },
  },
  Process: {
    subject: 'PROCESS',
    instance: 'instance',
    status: {
      type: 'PROCESS_STATUS',
      when: ['revision', 'startedAt'],
      with: ['desired', 'service', 'node'],
      actor: 'statusActor',
    },
    columns: {
      id: 'silent',
      desired: 'told',
      desiredActor: 'told',
      status: 'status',
      statusReason: 'status',
      statusMessage: 'status',
      statusActor: 'status',
      pid: 'status',
      exitCode: 'status',
      signal: 'status',
      restarts: 'status',
      nextAttemptAt: 'status',
      artifact: 'told',
      health: 'status',
      healthMessage: 'status',
      healthSince: 'status',
      // By what it was last started with: told by the health.
      checked: 'silent',
      startedAt: 'status',
      // When somebody looked is no change of what is.
      observedAt: 'silent',
      changedAt: 'status',
      revision: 'status',
      createdAt: 'silent',
      instance: 'told',
      service: 'told',
      node: 'told',
    },
  },
  Operation: {
    subject: 'OPERATION',
    operation: 'id',
    created: 'OPERATION_STATE',
    status: {
      type: 'OPERATION_STATE',
      when: ['state', 'startedAt', 'finishedAt'],
      with: ['kind', 'targetType', 'targetId'],
    },
    columns: {
      id: 'silent',
      batchSize: 'told',
      batchPercent: 'told',
      pause: 'told',
      maxDown: 'told',
      patience: 'told',
      onFailure: 'told',
      kind: 'told',
      state: 'status',
      actor: 'told',
      targetType: 'told',
      targetId: 'told',
      createdAt: 'silent',
      startedAt: 'status',
      finishedAt: 'status',
    },
  },
  OperationStep: {
    subject: 'OPERATION_STEP',
    operation: 'operation',
    // They come and go with their operation, which is told.
    created: null,
    deleted: null,
    status: {
      type: 'OPERATION_STATE',
      when: ['state', 'attempts', 'reason', 'message', 'artifactBytesSent'],
      with: ['processId'],
    },
    columns: {
      id: 'silent',
      state: 'status',
      attempts: 'status',
      reason: 'status',
      message: 'status',
      startedAt: 'status',
      finishedAt: 'status',
      previousDesired: 'silent',
      batch: 'silent',
      stoppedAt: 'silent',
      artifactBytesSent: 'status',
      artifactBytes: 'status',
      processId: 'silent',
      operation: 'silent',
      process: 'silent',
    },
  },
  // What an operation starts with is told by the processes that it starts.
  OperationArtifact: silent('id', 'type', 'hash', 'name', 'operation'),
  Token: {
    subject: 'TOKEN',
    columns: {
      id: 'silent',
      name: 'told',
      digest: 'secret',
      role: 'told',
      createdAt: 'silent',
      expiresAt: 'told',
      lastUsedAt: 'silent',
      user: 'told',
    },
  },
  // That something was deleted is told; what was left of it on its node is no thing of the platform any more.
  Tombstone: silent(
    ...['id', 'instanceId', 'serviceId', 'serviceName', 'nodeId', 'nodeName', 'actor', 'attempts', 'lastErrorReason'],
    ...['lastError', 'lastAttemptAt', 'createdAt', 'expiresAt'],
  ),
  FormerNode: silent(
    ...['id', 'ipAddress', 'port', 'username', 'passwordSealed', 'privateKeySealed', 'passphraseSealed', 'driver'],
    ...['hostKeys', 'revokedHostKeys'],
  ),
  // What was answered is told by what was done.
  StoredAnswer: silent('id', 'scope', 'key', 'fingerprint', 'operation', 'answer', 'createdAt'),
  EventAudience: silent('id', 'tenants'),
  EventHead: silent('id', 'seq', 'hash', 'anchorSeq', 'anchorHash'),
  EventEntry: silent(
    ...['seq', 'at', 'type', 'subjectType', 'subjectId', 'relatedType', 'relatedId', 'instanceId'],
    ...['actor', 'operationId', 'before', 'after', 'hash', 'audience'],
  ),
};

interface Column {
  readonly name: string;
  readonly isHidden: boolean;
}

/** What is wrong with the table for entities with these columns: a sentence for each column that somebody has to decide about. */
export function undecided(entities: ReadonlyMap<string, readonly Column[]>): string[] {
  return [...entities].flatMap(([entity, columns]) => {
    const decisions = TOLD[entity]?.columns ?? {};
    const names = new Set(columns.map(({ name }) => name));
    const open = columns.flatMap(({ name, isHidden }) => {
      const decision = decisions[name];
      if (decision === undefined)
        return [`decide in src/platform/told.ts about ${entity}.${name}: told, status, relation, secret or silent?`];
      return isHidden && decision !== 'secret' && decision !== 'silent'
        ? [`${entity}.${name} is hidden: in src/platform/told.ts it can be secret or silent only`]
        : [];
    });
    const gone = Object.keys(decisions).filter((name) => !names.has(name));
    return [...open, ...gone.map((name) => `src/platform/told.ts decides about ${entity}.${name}, which is not there`)];
  });
}
