// What the gateway of the bench is told: nodes that are all one machine, and processes that sleep.
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchGateway } from './gateway.ts';
import type { Machine } from './machine.ts';

const PATIENCE_MS = 120_000;
const PAGE = 100;

export async function createNodes(gateway: BenchGateway, machine: Machine, count: number): Promise<string[]> {
  const { createInstance } = await gateway.run(
    'mutation { createInstance(input: { name: "Bench" }) { instance { id } } }',
  );
  const ids: string[] = [];
  for (let number = 0; number < count; number++) {
    const { createNode } = await gateway.run(
      'mutation ($input: CreateNodeInput!) { createNode(input: $input) { node { id } } }',
      {
        input: {
          instance: createInstance.instance.id,
          name: `node ${number}`,
          ipAddress: machine.host,
          port: machine.port,
          username: machine.username,
          privateKey: machine.privateKey,
        },
      },
    );
    ids.push(createNode.node.id);
  }
  return ids;
}

/** A service of sleepers, spread over the nodes. Answers with its id. */
export async function createSleepers(gateway: BenchGateway, nodes: readonly string[], count: number): Promise<string> {
  const { node } = await gateway.run('query ($id: ID!) { node(id: $id) { instance { id } } }', { id: nodes[0] });
  const { createService } = await gateway.run(
    'mutation ($input: CreateServiceInput!) { createService(input: $input) { service { id } } }',
    {
      input: {
        instance: node.instance.id,
        name: 'sleepers',
        type: 'command',
        options: { command: ['sleep', '100000'] },
      },
    },
  );
  const service = createService.service.id;
  for (let number = 0; number < count; number++) {
    await gateway.run('mutation ($input: CreateProcessInput!) { createProcess(input: $input) { process { id } } }', {
      input: { service, node: nodes[number % nodes.length] },
    });
  }
  return service;
}

/** How many nodes are connected. */
async function connected(gateway: BenchGateway): Promise<number> {
  let count = 0;
  for (let after: string | null = null, more = true; more; ) {
    const { nodes } = await gateway.run(
      'query ($first: Int!, $after: Cursor) { nodes(first: $first, after: $after) { nodes { connection { state } } pageInfo { hasNextPage endCursor } } }',
      { first: PAGE, after },
    );
    count += nodes.nodes.filter((node: { connection: { state: string } | null }) => {
      return node.connection?.state === 'CONNECTED';
    }).length;
    more = nodes.pageInfo.hasNextPage;
    after = nodes.pageInfo.endCursor;
  }
  return count;
}

export async function untilConnected(gateway: BenchGateway, count: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let found = 0; found < count; found = await connected(gateway)) {
    if (performance.now() > deadline) throw new Error(`only ${found} of ${count} nodes are connected`);
    await sleep(50);
  }
}
