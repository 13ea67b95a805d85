// Limits on handshakes: so many in all, so many per server, first come first served. sshd drops connections beyond its own.
// A server is an address and a port: behind one address may be many machines, and a dead one must not delay the others.

class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(free: number) {
    this.#free = free;
  }

  /** Resolves to the function that gives the slot back; calling it again does nothing. An abort ends the waiting. */
  async take(signal?: AbortSignal): Promise<() => void> {
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    };
  }

  #wait(signal?: AbortSignal): Promise<void> {
    return new Promise((go, stop) => {
      this.#waiting.push(go);
      const abort = () => {
        const place = this.#waiting.indexOf(go);
        if (place < 0) return;
        this.#waiting.splice(place, 1);
        stop(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
    });
  }
}

export interface HandshakeLimits {
  readonly total: number;
  readonly perServer: number;
}

export class HandshakeGate {
  readonly #total: Slots;
  // Looking up a name holds one of Node's four threads until the name server answers or is given up: files and hashes need the others.
  readonly #names = new Slots(2);
  readonly #servers = new Map<string, { slots: Slots; users: number }>();

  constructor(private readonly limits: HandshakeLimits) {
    this.#total = new Slots(limits.total);
  }

  /** A slot of the whole gateway: taken when the server has been reached, so that dead machines use up none. */
  total(): Promise<() => void> {
    return this.#total.take();
  }

  /** A turn at looking up a name. */
  names(): Promise<() => void> {
    return this.#names.take();
  }

  /** Runs `work` in one of the slots of a server. Throws the signal's reason if it is aborted before that. */
  async perServer<T>(server: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const entry = this.#servers.get(server) ?? { slots: new Slots(this.limits.perServer), users: 0 };
    this.#servers.set(server, entry);
    entry.users++;
    let giveBack = () => {};
    try {
      giveBack = await entry.slots.take(signal);
      return await work();
    } finally {
      giveBack();
      entry.users--;
      if (entry.users === 0) this.#servers.delete(server);
    }
  }
}
