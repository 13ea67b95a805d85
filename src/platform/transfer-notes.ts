// How far the copy of an artifact is: written down for its step a few times a second, and told to those who watch the operation.
import { OperationStep } from '../store/entities/operation-step.ts';
import type { Store } from '../store/store.ts';
import type { NewsBus } from './news.ts';

const PAUSE_MS = 300;

export class TransferNotes {
  #latest: { sent: number; total: number } | undefined;
  #writing: Promise<void> | undefined;
  #writtenAt = 0;

  constructor(
    private readonly store: Store,
    private readonly bus: NewsBus,
    private readonly operationId: string,
    private readonly stepId: number,
  ) {}

  /** In bytes. May be called as often as one likes. */
  note(sent: number, total: number): void {
    this.#latest = { sent, total };
    if (!this.#writing && performance.now() - this.#writtenAt > PAUSE_MS) this.#write();
  }

  /** Resolves when the last note is written. */
  async end(): Promise<void> {
    await this.#writing;
    if (this.#latest) this.#write();
    await this.#writing;
  }

  #write(): void {
    const { sent, total } = this.#latest ?? { sent: 0, total: 0 };
    this.#latest = undefined;
    this.#writing = this.store
      .write(async (em) => {
        const step = await em.findOne(OperationStep, this.stepId);
        if (step) em.assign(step, { artifactBytesSent: sent, artifactBytes: total });
      })
      .then(() => this.bus.publish('operationChange', this.operationId))
      // A note that cannot be written is one note less; whether the start succeeds is told by others.
      .catch(() => {})
      .finally(() => {
        this.#writtenAt = performance.now();
        this.#writing = undefined;
      });
  }
}
