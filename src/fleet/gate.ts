// Limits on handshakes: so many in all, so many per server, first come first served. sshd drops connections beyond its own.

class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(free: number) {
    this.#free = free;
  }

  /** Resolves to the function that gives the slot back; calling it again does nothing. */
  async take(): Promise<() => void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((go) => this.#waiting.push(go));
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    };
  }
}

export interface HandshakeLimits {
  readonly total: number;
  readonly perServer: number;
}

export class HandshakeGate {
  readonly #total: Slots;
  readonly #servers = new Map<string, { slots: Slots; users: number }>();

  constructor(private readonly limits: HandshakeLimits) {
    this.#total = new Slots(limits.total);
  }

  /** A slot of the whole gateway: taken when the server has been reached, so that dead machines use up none. */
  total(): Promise<() => void> {
    return this.#total.take();
  }

  /** Runs `work` in one of the slots of a server. */
  async perServer<T>(server: string, work: () => Promise<T>): Promise<T> {
    const entry = this.#servers.get(server) ?? { slots: new Slots(this.limits.perServer), users: 0 };
    this.#servers.set(server, entry);
    entry.users++;
    const giveBack = await entry.slots.take();
    try {
      return await work();
    } finally {
      giveBack();
      entry.users--;
      if (entry.users === 0) this.#servers.delete(server);
    }
  }
}
