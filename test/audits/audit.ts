// An audit: one line of a document as a sentence and a check. Audits know a base URL and nothing of the code behind it.

export interface Audit {
  /** Stable: reports and other tools refer to it. */
  readonly id: string;
  /** A sentence with MUST or SHOULD. */
  readonly says: string;
  /** What has to be there besides the server. */
  readonly needs?: 'node';
  /** Throws what is wrong. */
  check(subject: Subject): Promise<void>;
}

/** A machine that the server can log in to, for audits that start processes. */
export interface Machine {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined where there is none. */
  readonly body: unknown;
}

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: string | Uint8Array | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is audited, and what a run of the audits knows of it. */
export class Subject {
  /** What the documents call IN2, and what the server calls it. */
  readonly names = new Map<string, string>();
  #counter = 0;
  /** What was created, as paths of the platform API. */
  readonly #made: string[] = [];

  readonly url: string;
  readonly machine: Machine | undefined;
  /** Behind ids that the caller gives, so that a run does not meet what is there already. */
  readonly suffix: string;

  constructor(url: string, machine?: Machine, suffix = '') {
    this.url = url;
    this.machine = machine;
    this.suffix = suffix;
  }

  async send({ method, path, body, headers = {} }: Request): Promise<Answer> {
    const given = body === undefined ? headers : { 'content-type': 'application/json', ...headers };
    const response = await fetch(this.url + path, {
      method,
      headers: given,
      ...(body === undefined ? {} : { body: body as string }),
    });
    const text = await response.text();
    if (method === 'POST' && response.status === 201) this.#remember(path, parsed(text));
    return { status: response.status, headers: response.headers, text, body: parsed(text) };
  }

  #remember(path: string, body: unknown): void {
    const { id, email, instanceId } = (body ?? {}) as { id?: string; email?: string; instanceId?: number };
    if (instanceId !== undefined) this.#made.push(`/1.0/instances/IN${instanceId}`);
    if (/^\/1\.0\/(instances|tenants|users|integrations)$/.test(path)) this.#made.push(`${path}/${id ?? email}`);
  }

  /** Deletes what the run has made; instances take with them what is theirs. */
  async tidy(): Promise<void> {
    for (const path of this.#made.reverse()) await this.send({ method: 'DELETE', path: `${path}?force=true` });
  }

  /** Sends JSON and expects a status; answers with the body. */
  // biome-ignore lint/suspicious/noExplicitAny: what comes is checked by the audits
  async json(method: string, path: string, body?: unknown, status?: number): Promise<any> {
    const answer = await this.send({ method, path, body: body === undefined ? undefined : JSON.stringify(body) });
    if (status === undefined ? answer.status >= 300 : answer.status !== status)
      throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text.slice(0, 300)}`);
    return answer.body;
  }

  async graph(query: string, variables: object): Promise<Record<string, never>> {
    const answer = await this.json('POST', '/graphql', { query, variables });
    if (answer.errors) throw new Error(JSON.stringify(answer.errors));
    return answer.data;
  }

  /** A name that no other has. */
  fresh(name: string): string {
    return `${name}-${++this.#counter}${this.suffix}`;
  }
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface Result {
  readonly audit: Audit;
  readonly state: 'kept' | 'broken' | 'skipped';
  readonly why: string | undefined;
}

/** Runs them in order: examples of a document build on each other. */
export async function* run(audits: readonly Audit[], subject: Subject): AsyncGenerator<Result> {
  for (const audit of audits) {
    if (audit.needs === 'node' && !subject.machine) {
      yield { audit, state: 'skipped', why: 'needs a machine to start processes on' };
      continue;
    }
    try {
      await audit.check(subject);
      yield { audit, state: 'kept', why: undefined };
    } catch (error) {
      yield { audit, state: 'broken', why: (error as Error).message };
    }
  }
}
