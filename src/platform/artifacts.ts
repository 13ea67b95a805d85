// Artifacts: which version an operation starts its processes with, and bringing it to the node before a start.
import { Contents } from '../fleet/artifacts/content.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { FleetError } from '../fleet/types.ts';
import { OperationArtifact } from '../store/entities/operation-artifact.ts';
import { OperationStep } from '../store/entities/operation-step.ts';
import { Process } from '../store/entities/process.ts';
import { publicId } from '../store/ids.ts';
import type { EntityManager, Store } from '../store/store.ts';
import { Lanes } from './lanes.ts';
import type { NewsBus } from './news.ts';
import type { ArtifactSource, ServiceTypes } from './service-types.ts';
import { asStepFailure, StepFailure } from './step-failure.ts';
import { TransferNotes } from './transfer-notes.ts';

/** An artifact that is on a node. */
export interface Brought {
  /** Its version: 64 hexadecimal digits. */
  readonly hash: string;
  /** Where it is on the node. */
  readonly path: string;
}

interface Version {
  readonly hash: string;
  readonly name: string;
}

const LOOK_MS = 500;

export class Artifacts {
  readonly #contents = new Contents();
  readonly #perOperation = new Lanes(1);

  constructor(
    private readonly store: Store,
    private readonly fleet: Fleet,
    private readonly bus: NewsBus,
    private readonly serviceTypes: ServiceTypes,
  ) {}

  /**
   * Sees to it that the node of the process has the artifact of its type; undefined if the type has none. The process was read with its
   * service. Throws StepFailure, also when the process is not wanted up any longer: a stop does not wait for a copy.
   */
  async bring(process: Process, stepId: number): Promise<Brought | undefined> {
    const type = process.service.unwrap().type;
    const source = this.serviceTypes.get(type)?.artifact;
    if (!source) return undefined;
    const nodeId = publicId('Node', process.node.id);
    try {
      const operationId = await this.#operationOf(stepId);
      const version = await this.#perOperation.run(`${operationId} ${type}`, () =>
        this.#versionFor(operationId, type, source.path),
      );
      const notes = new TransferNotes(this.store, this.bus, operationId, stepId);
      const copy = this.#copy(process, nodeId, source, version, notes).finally(() => notes.end());
      return { hash: version.hash, path: await this.#whileWanted(process.id, copy) };
    } catch (error) {
      throw asStepFailure(error, this.fleet.connection(nodeId)?.state !== 'CONNECTED');
    }
  }

  /** Writes down what the process is started with. */
  async note(processId: string, hash: string | null): Promise<void> {
    await this.store.write(async (em) => {
      const process = await em.findOne(Process, processId);
      if (process) process.artifact = hash;
    });
  }

  async #operationOf(stepId: number): Promise<string> {
    const step = await this.store.write((em) => em.findOneOrFail(OperationStep, stepId));
    return step.operation.id;
  }

  /** The first step that asks decides for all of the operation, also for those that go on after the end of the gateway. */
  async #versionFor(operationId: string, type: string, path: string): Promise<Version> {
    const decided = await this.store.write((em) => em.findOne(OperationArtifact, { operation: operationId, type }));
    if (decided) return decided;
    const { hash, name } = await this.#contents.read(path);
    await this.store.write(async (em) => {
      em.create(OperationArtifact, { operation: operationId, type, hash, name } as never);
    });
    return { hash, name };
  }

  async #copy(
    process: Process,
    nodeId: string,
    { path, keep: spare }: ArtifactSource,
    { hash, name }: Version,
    notes: TransferNotes,
  ): Promise<string> {
    const keep = await this.store.write((em) => versionsOn(em, process.node.id));
    const content = async () => {
      const now = await this.#contents.read(path);
      if (now.hash === hash) return now;
      throw new FleetError(
        'ARTIFACT_CHANGED',
        `The artifact ${JSON.stringify(path)} was changed after the operation began, and its node has not got the version of that time. Start again to deploy the present one.`,
      );
    };
    const progress = (sent: number, total: number) => notes.note(sent, total);
    return this.fleet.bring(nodeId, { hash, name, content, keep, spare, progress });
  }

  async #whileWanted<T>(processId: string, work: Promise<T>): Promise<T> {
    let isOver = false;
    const end = () => {
      isOver = true;
    };
    work.then(end, end);
    for (;;) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, LOOK_MS);
      await Promise.race([work, promise]).finally(() => clearTimeout(timer));
      if (isOver) return work;
      const process = await this.store.write((em) => em.findOne(Process, processId));
      if (process?.desired === 'RUNNING') continue;
      // The copy goes on by itself: it is whole or not at all, and whoever starts next may want it.
      throw new StepFailure(
        process ? 'SUPERSEDED' : 'PROCESS_DELETED',
        'While its artifact was copied it was decided that it shall not run.',
      );
    }
  }
}

/** The versions that processes of a node were started with. */
async function versionsOn(em: EntityManager, node: number): Promise<string[]> {
  const processes = await em.find(Process, { node, artifact: { $ne: null } }, { fields: ['artifact'] });
  return [...new Set(processes.flatMap(({ artifact }) => artifact ?? []))];
}
