// What the examples of the platform API take to be there, and how it gets there.
import type { Subject } from '../audit.ts';
import { inWords } from '../example.ts';

export const post = (path: string, body: object) => async (subject: Subject) => {
  await subject.json('POST', inWords(path, subject), JSON.parse(inWords(JSON.stringify(body), subject)));
};

/** Makes something, and lets a name of the document stand for it. */
export const make = (name: string, path: string, body: object) => async (subject: Subject) => {
  const made = await subject.json('POST', inWords(path, subject), JSON.parse(inWords(JSON.stringify(body), subject)));
  subject.names.set(name, made.id);
};

export const all =
  (...steps: ((subject: Subject) => Promise<void>)[]) =>
  async (subject: Subject) => {
    for (const step of steps) await step(subject);
  };

/** What an earlier example left behind and a later one makes anew. */
export const gone =
  (...paths: string[]) =>
  async (subject: Subject) => {
    for (const path of paths) await subject.send({ method: 'DELETE', path: inWords(path, subject) });
  };

export const forget = (name: string) => async (subject: Subject) => void subject.names.delete(name);

export const JSON_BODY = "-H 'Content-Type: application/json'";

/** A node on the machine that the run was given, for examples that start something. */
export const machineNode = (name: string) => async (subject: Subject) => {
  const { host, port, username, password } = subject.machine as NonNullable<Subject['machine']>;
  const path = inWords('/1.0/instances/IN1/nodes', subject);
  const made = await subject.json('POST', path, { name: 'machine', 'ip-address': host, username, password });
  await subject.graph(
    'mutation ($id: ID!, $port: Int!) { updateNode(id: $id, input: { port: $port }) { node { id } } }',
    {
      id: made.id,
      port,
    },
  );
  subject.names.set(name, made.id);
};

const RUNS = { name: 'Sleeper', type: 'command', options: { command: ['sleep', '1000'] } };
export const service = (name: string) => make(name, '/1.0/instances/IN1/services', RUNS);
export const process = (name: string, service: string, node: string) =>
  make(name, '/1.0/processes', { instance: 'IN1', service, node });

export const [P1, P2, P3] = [
  'c220e9a8-3ce5-4981-8b28-44e30a25d52e',
  'bc975bd6-70a5-4d67-af00-1d6dffdfdba0',
  '77f19fc7-e10a-4732-8789-38613a95185e',
];
