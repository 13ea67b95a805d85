// An operation: lifecycle work that was asked for, stored before it begins, with a step for each process.
import { defineEntity, p } from '@mikro-orm/core';
import { instant, now, text, word } from './columns.ts';

export const OPERATION_KINDS = ['START', 'STOP', 'RESTART', 'ROLLING_RESTART'] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];

export const OPERATION_STATES = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'PARTIALLY_FAILED', 'FAILED', 'CANCELLED'] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

export const OPERATION_TARGETS = ['INSTANCE', 'NODE', 'SERVICE', 'PROCESS'] as const;
export type OperationTarget = (typeof OPERATION_TARGETS)[number];

/** What a rolling restart does after a step that failed. */
export const ON_FAILURE = ['HALT', 'CONTINUE'] as const;
export type OnFailure = (typeof ON_FAILURE)[number];

const schema = defineEntity({
  name: 'Operation',
  tableName: 'operation',
  properties: {
    id: text().primary(),
    kind: word<OperationKind>(),
    state: word<OperationState>().default('QUEUED').index(),
    actor: text(),
    targetType: word<OperationTarget>(),
    targetId: text(),
    createdAt: instant().onCreate(now),
    startedAt: instant().nullable(),
    finishedAt: instant().nullable(),
    // How a rolling restart is carried out; null for all other kinds. Spans as ISO 8601 text, as they were given.
    batchSize: p.integer().nullable(),
    batchPercent: p.integer().nullable(),
    pause: text().nullable(),
    maxDown: p.integer().nullable(),
    patience: text().nullable(),
    onFailure: word<OnFailure>().nullable(),
  },
});

export class Operation extends schema.class {}
schema.setClass(Operation);
