// Wakes: tells the readers in this process that something happened. What is true is in the store, not in here.
import { AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';

/** In process. Several gateways on one database will need one that crosses them. `Topics` says what is told on which topic. */
export class Bus<Topics extends Record<string, unknown>> {
  // A listener a reader: many are no leak.
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  publish<Topic extends keyof Topics & string>(topic: Topic, news: Topics[Topic]): void {
    this.#emitter.emit(topic, news);
  }

  /**
   * Listens from now on, until what it answers with is called. The listener is called within `publish`, for each of thousands of
   * news in a row: it keeps what it cannot use at once, within bounds of its own, and never throws.
   */
  listen<Topic extends keyof Topics & string>(topic: Topic, listener: (news: Topics[Topic]) => void): () => void {
    // What a listener does is done for whoever listens, not for whoever happens to publish.
    const bound = AsyncResource.bind(listener);
    this.#emitter.on(topic, bound);
    return () => void this.#emitter.off(topic, bound);
  }
}
