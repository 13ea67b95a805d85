// The catalogue of service types: what it says is what runs, and what is wrong with it is told before anything starts.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceTypes } from '../../src/platform/service-types.ts';
import type { TestGateway } from '../kit/gateway.ts';
import type { FakeNode } from '../kit/node.ts';
import { openScene } from '../kit/scene.ts';
import { until } from '../kit/until.ts';
import type { World } from '../kit/world.ts';

const CATALOGUE = `
types:
  auth:
    description: Hands out tokens.
    command: [/bin/sh, -c, 'trap "echo asked >asked; exit 0" USR1; printf "%s\\n" "$@" >words; env >env; while :; do sleep 0.05; done', auth,
      '--port=\${options.port}', '--zk=\${instance.zk}', '--name=\${service.name}', '--on=\${node.ipAddress}', '$\${HOME}', '\${options.text}']
    cwd: \${options.folder}
    env: { AUTH_PORT: '\${options.port}', FIXED: 7 }
    stop: { signal: USR1, graceSeconds: 5 }
    settleSeconds: 0.1
    options:
      type: object
      required: [port]
      properties: { port: { type: integer, minimum: 1 }, text: { type: string }, folder: { type: string } }
`;

let machine: FakeNode;
let gateway: TestGateway;
let world: World;
let node: string;

beforeAll(async () => {
  ({ machine, gateway, world, node } = await openScene(CATALOGUE));
  await gateway.run('mutation ($id: ID!) { updateInstance(id: $id, input: { zk: "zk:2181" }) { instance { id } } }', {
    id: world.instance,
  });
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await machine.close();
});

const read = (name: string) => readFileSync(join(machine.home, name), 'utf8');

describe('a type', () => {
  it('says the words, the directory, the environment and the signal to stop with; its placeholders are filled in, as words', async () => {
    const options = { port: 8082, text: '$(touch pwned) "; \'', folder: machine.home };
    const service = await world.service([], { type: 'auth', name: 'my auth', options });
    const id = await world.process(service, node);
    expect((await world.change('startProcess', id)).state).toBe('SUCCEEDED');
    const words = await until('the words', () => read('words').split('\n').slice(0, -1));
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the catalogue's own placeholder, kept by its doubled dollar
    const kept = '${HOME}';
    expect(words).toEqual(['--port=8082', '--zk=zk:2181', '--name=my auth', '--on=127.0.0.1', kept, options.text]);
    const env = (await until('the environment', () => read('env') || undefined)).split('\n');
    for (const line of ['AUTH_PORT=8082', 'FIXED=7', 'GANTRY_OPTION_PORT=8082', `PWD=${machine.home}`])
      expect(env).toContain(line);
    expect(() => read('pwned')).toThrow('ENOENT');
    expect((await world.change('stopProcess', id)).state).toBe('SUCCEEDED');
    expect(read('asked')).toBe('asked\n');
  });

  it('refuses options that do not fit its schema, by their path', async () => {
    const create = 'mutation ($input: CreateServiceInput!) { createService(input: $input) { service { id } } }';
    const input = { instance: world.instance, name: 'x', type: 'auth', options: { port: 'many' } };
    const [error] = await gateway.errors(create, { input });
    expect(error).toMatchObject({
      message: expect.stringContaining('options.port must be integer'),
      extensions: { code: 'BAD_USER_INPUT', field: 'input.options.port' },
    });
    const [missing] = await gateway.errors(create, { input: { ...input, options: {} } });
    expect(missing?.message).toMatch(/must have required property 'port'/);
  });

  it('names the placeholder that nothing fills', async () => {
    const service = await world.service([], { type: 'auth', options: { port: 1, folder: '/' } });
    const id = await world.process(service, node);
    const [error] = await gateway.errors('mutation ($id: ID!) { startProcess(id: $id) { operation { id } } }', { id });
    expect(error).toMatchObject({
      message: expect.stringContaining('options.text'),
      extensions: { code: 'NOT_STARTABLE', field: 'options.text' },
    });
  });
});

describe('a catalogue that is wrong', () => {
  it.each([
    ['no YAML', 'types: [', /types\.yaml/],
    ['a word that is not known', 'types: { a: { comand: [x] } }', /comand/],
    ['a signal that is none', 'types: { a: { command: [x], stop: { signal: NOPE } } }', /signal/],
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the catalogue's own placeholders
    ['a placeholder of nothing', 'types: { a: { command: ["${nonsense.x}"] } }', /none of options, instance/],
    ['a placeholder that is not closed', 'types: { a: { command: ["${options.port"] } }', /not closed/],
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the catalogue's own placeholders
    [
      'a name that no environment has',
      'types: { a: { command: [x], env: { "A=B": x } } }',
      /a name that no environment can have/,
    ],
    ['the built-in type', 'types: { command: { command: [x] } }', /built in/],
    ['a schema that is none', 'types: { a: { command: [x], options: { type: 7 } } }', /type/],
  ])('is refused: %s', (_what, text, message) => {
    const file = join(machine.home, 'wrong-types.yaml');
    writeFileSync(file, text);
    expect(() => ServiceTypes.load(file)).toThrow(message);
  });
});
