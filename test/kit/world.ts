// A world to test in, by closures: an instance, nodes on fake machines, services and processes, in a line each.

import type { TestGateway } from './gateway.ts';
import type { FakeNode } from './node.ts';
import { PASSWORD } from './node.ts';

export interface World {
  readonly instance: string;
  /** A node of the instance on a fake machine. Answers with its id. */
  node(machine: Pick<FakeNode, 'server'>, input?: object): Promise<string>;
  /** A service that runs these words. Answers with its id. */
  service(command: readonly string[], input?: object, options?: object): Promise<string>;
  process(service: string, node: string): Promise<string>;
  /** Starts, stops or restarts; answers with the operation. */
  change(mutation: string, id: string, wait?: string): Promise<Operation>;
  /** How a process stands now. */
  look(process: string): Promise<Looked>;
}

export interface Operation {
  readonly id: string;
  readonly state: string;
  readonly kind: string;
  readonly finishedAt: string | null;
  readonly steps: {
    readonly nodes: readonly { state: string; reason: string | null; message: string | null; processId: string }[];
  };
}

export interface Looked {
  readonly status: string;
  readonly desired: string;
  readonly statusReason: string;
  readonly statusMessage: string | null;
  readonly statusActor: string | null;
  readonly pid: number | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly restarts: number;
}

const OPERATION = 'operation { id state kind finishedAt steps { nodes { state reason message processId } } }';

export async function createWorld(gateway: TestGateway, name = 'World'): Promise<World> {
  const { createInstance } = await gateway.run(
    'mutation ($name: String!) { createInstance(input: { name: $name }) { instance { id } } }',
    { name },
  );
  const instance: string = createInstance.instance.id;
  const create = async (noun: string, input: object): Promise<string> => {
    const field = noun.toLowerCase();
    const data = await gateway.run(
      `mutation ($input: Create${noun}Input!) { create${noun}(input: $input) { ${field} { id } } }`,
      { input },
    );
    return data[`create${noun}`][field].id;
  };
  return {
    instance,
    node: ({ server }, input = {}) =>
      create('Node', {
        instance,
        name: 'machine',
        ipAddress: server.host,
        port: server.port,
        username: server.username,
        password: PASSWORD,
        ...input,
      }),
    service: (command, input = {}, options = {}) =>
      create('Service', { instance, name: 'service', type: 'command', options: { command, ...options }, ...input }),
    process: (service, node) => create('Process', { service, node }),
    change: async (mutation, id, wait = 'PT15S') => {
      const argument = mutation.endsWith('AllServices') ? 'instance' : 'id';
      const data = await gateway.run(
        `mutation ($id: ID!, $wait: Duration!) { ${mutation}(${argument}: $id, wait: $wait) { ${OPERATION} } }`,
        { id, wait },
      );
      return data[mutation].operation;
    },
    look: async (process) =>
      (
        await gateway.run(
          'query ($id: ID!) { process(id: $id) { status desired statusReason statusMessage statusActor pid exitCode signal restarts } }',
          { id: process },
        )
      ).process,
  };
}
