// A step of an operation: what it does to one process, and what came of it.
import { defineEntity, p } from '@mikro-orm/core';
import { instant, text, word } from './columns.ts';
import { Operation } from './operation.ts';
import { type DesiredState, Process } from './process.ts';

export const STEP_STATES = ['QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'SKIPPED'] as const;
export type StepState = (typeof STEP_STATES)[number];

const schema = defineEntity({
  name: 'OperationStep',
  tableName: 'operation_step',
  properties: {
    id: p.integer().primary().autoincrement(),
    state: word<StepState>().default('QUEUED'),
    attempts: p.integer().default(0),
    // A reason of the fleet (TIMEOUT, AUTHENTICATION, …) or of the platform (EXITED_EARLY, …), for programs.
    reason: text().nullable(),
    // The same for people.
    message: text().nullable(),
    startedAt: instant().nullable(),
    finishedAt: instant().nullable(),
    // What was wanted of the process before this was asked for: it is wanted again if the step is cancelled. Null: this changed no wish.
    previousDesired: word<DesiredState>().nullable(),
    // The first half of a restart was done by then: it is not done again.
    stoppedAt: instant().nullable(),
    // How much of an artifact was sent to the node, of how much; null if nothing had to be.
    artifactBytesSent: p.integer().nullable(),
    artifactBytes: p.integer().nullable(),
    // Of a rolling restart, from 1.
    batch: p.integer().nullable(),
    // Outlives the process: history says what it was about.
    processId: text().index(),
    operation: () => p.manyToOne(Operation).ref().deleteRule('cascade'),
    process: () => p.manyToOne(Process).ref().nullable().deleteRule('set null').name('process_ref'),
  },
});

export class OperationStep extends schema.class {}
schema.setClass(OperationStep);
