// The steps of an operation: brings one process to what was asked for, and says truly whether it got there.

import { GantryError } from '../errors.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { StopResult } from '../fleet/types.ts';
import { now } from '../store/entities/columns.ts';
import type { Operation, OperationKind } from '../store/entities/operation.ts';
import { Process } from '../store/entities/process.ts';
import { publicId } from '../store/ids.ts';
import type { Store } from '../store/store.ts';
import type { Artifacts, Brought } from './artifacts.ts';
import { watchForExit } from './early-exit.ts';
import { type HealthSeen, type HealthWait, watchHealth } from './health.ts';
import type { NewsBus } from './news.ts';
import type { OperationRecord } from './operation-record.ts';
import { type RunSpec, runSpec, surroundings } from './run-spec.ts';
import { toSeen } from './seen.ts';
import type { ServiceTypes } from './service-types.ts';
import type { StatusBook } from './status.ts';
import { asStepFailure, StepFailure, wasNothingSent } from './step-failure.ts';

// A node that has not answered by then is told as such; the operation's caller waits 15 s by default.
const START_TIMEOUT_MS = 12_000;
const STOP_TIMEOUT_MS = 12_000;
const REFRESH_TIMEOUT_MS = 3_000;
const STOP_DEFAULTS = { stopSignal: 'TERM', graceMs: 10_000 } as const;

/** Which step, and the process that it is about. */
export interface StepOfProcess {
  readonly stepId: number;
  readonly processId: string;
}

interface Subject {
  readonly process: Process;
  readonly nodeId: string;
}

export class StepRunner {
  constructor(
    private readonly store: Store,
    private readonly fleet: Fleet,
    private readonly bus: NewsBus,
    private readonly status: StatusBook,
    private readonly serviceTypes: ServiceTypes,
    private readonly record: OperationRecord,
    private readonly artifacts: Artifacts,
  ) {}

  /**
   * Throws StepFailure. Safe to repeat: what is there already is success, and what was started is not stopped again. Resolves to
   * what is still to be waited for, which takes nothing of the node: its health.
   */
  async run({ kind, actor }: Pick<Operation, 'kind' | 'actor'>, step: StepOfProcess): Promise<HealthWait | undefined> {
    const { processId, stepId } = step;
    if (kind === 'STOP') await this.#stop(await this.#subject(processId, 'STOPPED'), actor);
    if (isRestart(kind) && !(await this.record.isStopped(stepId))) {
      const subject = await this.#subject(processId, 'RUNNING');
      // What could not be started again is left running, and runs on while its artifact is copied.
      await this.#prepare(subject, stepId);
      await this.#stop(await this.#subject(processId, 'RUNNING'), actor);
      await this.record.noteStopped(stepId);
    }
    return kind === 'STOP' ? undefined : this.#start(await this.#subject(processId, 'RUNNING'), stepId, actor);
  }

  async #subject(processId: string, wanted: 'RUNNING' | 'STOPPED'): Promise<Subject> {
    const process = await this.store.write((em) =>
      em.findOne(Process, processId, { populate: ['instance', 'service', 'node'] }),
    );
    if (!process) throw deleted();
    if (process.desired !== wanted) throw superseded(process.desired);
    return { process, nodeId: publicId('Node', process.node.id) };
  }

  async #start(subject: Subject, stepId: number, actor: string): Promise<HealthWait | undefined> {
    const { process, nodeId } = subject;
    const { run, brought } = await this.#prepare(subject, stepId);
    await this.#announceStart(process, actor, run);
    const former = process.artifact ?? null;
    await this.#noteArtifact(process, former, brought?.hash ?? null);
    const { health } = run.spec;
    const early = watchForExit(this.bus, process.id);
    const watch = watchHealth(this.bus, process.id);
    let wait: HealthWait | undefined;
    try {
      // Its node has lost the records of it, and may run it all the same: nothing is to run twice.
      if (process.statusReason === 'NOT_ON_NODE') await this.#end(subject);
      const { outcome, pid } = await this.fleet.start(nodeId, process.id, run.spec, { timeoutMs: START_TIMEOUT_MS });
      if (outcome === 'ALREADY') {
        // It was not started now, but once before, with what it had then.
        await this.#noteArtifact(process, brought?.hash ?? null, former);
        const seen = await this.#expectRunning(nodeId, process.id);
        wait = health && seen ? watch.wait(health, seen) : undefined;
        return wait;
      }
      const unless = (row: Process) => row.status !== 'STARTING' && row.status !== 'RUNNING';
      await this.status.record({ processId: process.id, actor, status: 'RUNNING', reason: 'STARTED', pid, unless });
      await early.expectNone(run.settleMs);
      wait = health && watch.wait(health);
      return wait;
    } catch (error) {
      throw await this.#lookAgain(nodeId, process, error);
    } finally {
      early.close();
      if (!wait) watch.close();
    }
  }

  /** The last look before anything goes to the node: written down in the transaction that looks. */
  async #announceStart(process: Process, actor: string, { spec }: RunSpec): Promise<void> {
    let isSuperseded = false;
    const there = await this.status.record({
      processId: process.id,
      actor,
      status: 'STARTING',
      reason: 'START_REQUESTED',
      // Null until the first start: what was never started needs nobody to look at it.
      startedAt: process.startedAt ?? now(),
      checked: spec.health !== undefined,
      unless: (row) => {
        isSuperseded = row.desired !== 'RUNNING';
        // What runs is not starting, also if it is asked to once more.
        return isSuperseded || row.status === 'RUNNING';
      },
    });
    if (there === 0) throw deleted();
    if (isSuperseded) throw superseded('STOPPED');
  }

  /** The node had it already: what it is doing there is for the node to say. Answers with its health. */
  async #expectRunning(nodeId: string, processId: string): Promise<HealthSeen> {
    const found = await this.fleet.refresh(nodeId, { timeoutMs: REFRESH_TIMEOUT_MS });
    const observation = found.find((each) => each.processId === processId);
    if (observation) await this.status.record(toSeen(observation));
    if (observation?.state === 'RUNNING') return observation.health;
    throw new StepFailure(
      'NOT_RUNNING',
      'It ends again and again, and its node waits before the next start. Restart it to try at once.',
    );
  }

  async #stop({ process, nodeId }: Subject, actor: string): Promise<void> {
    // It was never started: it is stopped, and no node has to say so.
    if (process.startedAt === null || process.startedAt === undefined) return;
    await this.status.record({
      processId: process.id,
      actor,
      status: 'STOPPING',
      reason: 'STOP_REQUESTED',
      pid: process.pid ?? undefined,
      // What is down is not stopping, and what ended by itself stays so: the node says the same. It is asked all the same.
      unless: isDown,
    });
    try {
      const ended = await this.#end({ process, nodeId });
      await this.status.record({
        processId: process.id,
        actor,
        status: 'STOPPED',
        reason: 'STOPPED_ON_REQUEST',
        ...ended,
        unless: isDown,
      });
    } catch (error) {
      throw await this.#lookAgain(nodeId, process, error);
    }
  }

  #end({ process, nodeId }: Subject): Promise<StopResult> {
    const { stopSignal: signal, graceMs } = this.#stopSettings(process);
    return this.fleet.stop(nodeId, process.id, { signal, graceMs, timeoutMs: graceMs + STOP_TIMEOUT_MS });
  }

  /** All that a start takes, on the node too. Throws StepFailure before anything is copied for what cannot be started. */
  async #prepare({ process }: Subject, stepId: number): Promise<{ run: RunSpec; brought: Brought | undefined }> {
    this.#spec(process);
    const brought = await this.artifacts.bring(process, stepId);
    return { run: this.#spec(process, brought), brought };
  }

  // Before the start, so that no end of the gateway leaves a process of which nobody knows what it runs.
  async #noteArtifact({ id }: Process, present: string | null, next: string | null): Promise<void> {
    if (present !== next) await this.artifacts.note(id, next);
  }

  #spec(process: Process, brought?: Brought): RunSpec {
    try {
      return runSpec(this.serviceTypes, surroundings(process), brought);
    } catch (error) {
      if (!(error instanceof GantryError)) throw error;
      throw new StepFailure(error.code === 'CONFLICT' ? 'NODE_CLOSED' : 'NOT_STARTABLE', error.message);
    }
  }

  // What stops a process must not depend on whether it could be started today.
  #stopSettings(process: Process): Pick<RunSpec, 'stopSignal' | 'graceMs'> {
    const stop = this.serviceTypes.get(process.service.unwrap().type)?.stop;
    return stop ? { stopSignal: stop.signal, graceMs: stop.graceSeconds * 1000 } : STOP_DEFAULTS;
  }

  /** After a failure the node is asked what is; if it cannot be asked, nobody knows. Answers with the failure of the step. */
  async #lookAgain(nodeId: string, { id: processId, startedAt }: Process, error: unknown): Promise<StepFailure> {
    const failure = asStepFailure(error, this.fleet.connection(nodeId)?.state !== 'CONNECTED');
    // A first start of which no byte reached the node has not happened.
    if (!startedAt && wasNothingSent(failure)) {
      await this.status.record({
        processId,
        status: 'STOPPED',
        reason: 'START_FAILED',
        message: failure.message,
        startedAt: null,
      });
      return failure;
    }
    const found = await this.fleet.refresh(nodeId, { timeoutMs: REFRESH_TIMEOUT_MS }).catch(() => undefined);
    const observation = found?.find((each) => each.processId === processId);
    if (observation) await this.status.record(toSeen(observation));
    else if (found) {
      await this.status.record({ processId, status: 'STOPPED', reason: 'START_FAILED', message: failure.message });
    } else {
      const message = this.fleet.connection(nodeId)?.message ?? failure.message;
      await this.status.record({ processId, status: 'UNKNOWN', reason: 'NODE_NOT_CONNECTED', message });
    }
    return failure;
  }
}

const isRestart = (kind: OperationKind) => kind === 'RESTART' || kind === 'ROLLING_RESTART';
const isDown = (row: Process) => row.status === 'STOPPED' || row.status === 'EXITED';
const deleted = () => new StepFailure('PROCESS_DELETED', 'The process was deleted.');
const superseded = (desired: string) =>
  new StepFailure('SUPERSEDED', `A later request wants it ${desired.toLowerCase()}.`);
