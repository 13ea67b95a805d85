// Steps with nodes, services and processes.
import fc from 'fast-check';
import type { TestGateway } from '../../kit/gateway.ts';
import { create, id, json, kebab, maybe, mostly, remove, type Step, some, step, text, update } from './step.ts';

/** Where `/1.0` has a node or service: below its instance. */
const below = (noun: 'node' | 'service', thing: string) => async (gateway: TestGateway) => {
  const data = await gateway.run(`query ($id: ID!) { ${noun}(id: $id) { instance { id } } }`, { id: thing });
  return `/1.0/instances/${data[noun]?.instance.id ?? 'IN1'}/${noun}s/${thing}`;
};

const within = (noun: 'Node' | 'Service', thing: string, input?: object): Step => ({
  mutation: input ? update(noun) : remove(noun),
  variables: async () => (input ? { id: thing, input } : { id: thing }),
  request: async (gateway) => {
    const path = await below(noun === 'Node' ? 'node' : 'service', thing)(gateway);
    return input ? ['PUT', path, lowered(kebab(input))] : ['DELETE', path];
  },
});

const lowered = (body: Record<string, unknown>) => {
  const level = body['log-level'];
  return typeof level === 'string' ? { ...body, 'log-level': level.toLowerCase() } : body;
};

const node = {
  name: text,
  ipAddress: mostly(fc.constant('127.0.0.1'), 'no host!'),
  username: text,
  password: fc.constantFrom('p', '********'),
};
const nodeMore = { description: maybe(text), status: fc.boolean() };
const service = { name: text, type: fc.constantFrom('auth', 'command') };
const serviceMore = {
  description: maybe(text),
  logLevel: maybe(fc.constantFrom('WARN', 'WARNING', 'TRACE')),
  options: json,
};

export const machines = [
  fc.tuple(id('IN'), fc.record(node), some(nodeMore)).map(([instance, required, more]) => {
    const input = { ...required, ...more };
    return step(
      create('Node'),
      { input: { instance, ...input } },
      'POST',
      `/1.0/instances/${instance}/nodes`,
      kebab(input),
    );
  }),
  fc.tuple(id('ND'), some({ ...node, ...nodeMore })).map(([thing, input]) => within('Node', thing, input)),
  fc.tuple(id('IN'), fc.record(service), some(serviceMore)).map(([instance, required, more]) => {
    const input = { ...required, ...more };
    return step(
      create('Service'),
      { input: { instance, ...input } },
      'POST',
      `/1.0/instances/${instance}/services`,
      lowered(kebab(input)),
    );
  }),
  fc.tuple(id('SV'), some({ ...service, ...serviceMore })).map(([thing, input]) => within('Service', thing, input)),
];

/** Processes have ids that no two gateways share: they are known by the order of their creation. */
const processAt = async (gateway: TestGateway, place: number): Promise<string> => {
  const { processes } = await gateway.run('{ processes { nodes { id } } }');
  return processes.nodes[place]?.id ?? '00000000-0000-4000-8000-000000000000';
};

export const processes = [
  fc
    .record({ instance: id('IN'), service: id('SV'), node: id('ND') })
    .map((input) => step(create('Process'), { input }, 'POST', '/1.0/processes', input)),
];

export const machinesGone = [
  id('ND').map((thing) => within('Node', thing)),
  id('SV').map((thing) => within('Service', thing)),
  fc.nat(2).map(
    (place): Step => ({
      mutation: remove('Process'),
      variables: async (gateway) => ({ id: await processAt(gateway, place) }),
      request: async (gateway) => ['DELETE', `/1.0/processes/${await processAt(gateway, place)}`],
    }),
  ),
];

export const firstMachines = [1, 2].flatMap((number) => {
  const instance = 'IN1';
  const machine = { name: 'a', ipAddress: '127.0.0.1', username: 'u', password: 'p' };
  const kind = { name: 'a', type: 'auth' };
  const triple = { instance, service: `SV${number}`, node: `ND${number}` };
  return [
    step(
      create('Node'),
      { input: { instance, ...machine } },
      'POST',
      `/1.0/instances/${instance}/nodes`,
      kebab(machine),
    ),
    step(create('Service'), { input: { instance, ...kind } }, 'POST', `/1.0/instances/${instance}/services`, kind),
    step(create('Process'), { input: triple }, 'POST', '/1.0/processes', triple),
  ];
});
