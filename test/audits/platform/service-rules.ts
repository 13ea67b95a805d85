// The rules of the platform API 1.0: nodes, services and processes beyond the examples.
import assert from 'node:assert/strict';
import type { Audit } from '../audit.ts';
import { audit, refused } from '../rules.ts';
import { newInstance, newNode, newService } from './things.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

export const SERVICE_RULES: readonly Audit[] = [
  audit(
    'platform-scope',
    'A node or service of another instance MUST answer 404, whatever is asked of it.',
    async (subject) => {
      const [one, other] = [await newInstance(subject), await newInstance(subject)];
      const [node, service] = [await newNode(subject, other), await newService(subject, other)];
      for (const [method, path] of [
        ['GET', `nodes/${node}`],
        ['PUT', `nodes/${node}`],
        ['DELETE', `nodes/${node}`],
        ['POST', `nodes/${node}/ping`],
        ['GET', `services/${service}`],
        ['PUT', `services/${service}`],
        ['DELETE', `services/${service}`],
        ['POST', `services/${service}/start`],
        ['POST', `services/${service}/stop`],
        ['GET', `services/${service}/status`],
        ['GET', `services/${service}/processes`],
      ] as const) {
        const body = method === 'PUT' ? '{}' : undefined;
        await refused(subject, { method, path: `/1.0/instances/${one}/${path}`, body }, 404, 'error');
      }
      await subject.json('GET', `/1.0/instances/${other}/nodes/${node}`, undefined, 200);
    },
  ),
  audit(
    'platform-service-log-level',
    'The log level of a service MUST be one of the words of either version, kept as given; any other MUST answer 400.',
    async (subject) => {
      const instance = await newInstance(subject);
      const path = `/1.0/instances/${instance}/services`;
      for (const level of ['trace', 'info', 'debug', 'warning', 'error', 'warn', 'fatal']) {
        const made = await subject.json('POST', path, { name: 'a', type: 'auth', 'log-level': level }, 201);
        assert.equal(made['log-level'], level);
      }
      const body = JSON.stringify({ name: 'a', type: 'auth', 'log-level': 'loud' });
      await refused(subject, { method: 'POST', path, body }, 400, 'error');
    },
  ),
  audit(
    'platform-service-absent',
    'A service without log-level, options and description MUST be answered without those keys.',
    async (subject) => {
      const instance = await newInstance(subject);
      const made = await subject.json('POST', `/1.0/instances/${instance}/services`, { name: 'a', type: 'auth' }, 201);
      assert.deepEqual(made, { id: made.id, type: 'auth', name: 'a' });
    },
  ),
  audit('platform-service-empty', 'A service without processes SHOULD not be said to run.', async (subject) => {
    const instance = await newInstance(subject);
    const id = await newService(subject, instance);
    const path = `/1.0/instances/${instance}/services`;
    assert.deepEqual(await subject.json('POST', `${path}/${id}/start`), { id, running: false, processes: [] });
    assert.deepEqual(await subject.json('GET', `${path}/${id}/status`), { running: false });
    assert.deepEqual(await subject.json('GET', `${path}/status`), [{ id, running: false }]);
  }),
  audit(
    'platform-process',
    'A process MUST be created of instance, service and node, be listed, and be deleted; it cannot be updated.',
    async (subject) => {
      const instance = await newInstance(subject);
      const triple = { instance, service: await newService(subject, instance), node: await newNode(subject, instance) };
      const made = await subject.json('POST', '/1.0/processes', triple, 201);
      assert.match(made.id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      assert.deepEqual(made, { id: made.id, ...triple });
      assert.deepEqual(await subject.json('GET', `/1.0/processes/${made.id}`), made);
      assert.ok((await subject.json('GET', '/1.0/processes')).some((each: { id: string }) => each.id === made.id));
      assert.deepEqual(await subject.json('GET', `/1.0/processes/${made.id}/status`), { id: made.id, running: false });
      await refused(subject, { method: 'PUT', path: `/1.0/processes/${made.id}`, body: '{}' }, 405, 'error');
      await subject.json('DELETE', `/1.0/processes/${made.id}`, undefined, 204);
    },
  ),
  audit(
    'platform-process-lifecycle',
    'Starting and stopping a process MUST answer its id and whether it runs, once that is so.',
    async (subject) => {
      const instance = subject.names.get('IN1') as string;
      const triple = { instance, service: await newService(subject, instance), node: subject.names.get('ND2') };
      const { id } = await subject.json('POST', '/1.0/processes', triple, 201);
      assert.deepEqual(await subject.json('POST', `/1.0/processes/${id}/start`, undefined, 200), { id, running: true });
      assert.deepEqual(await subject.json('GET', `/1.0/processes/${id}/status`), { id, running: true });
      assert.deepEqual(await subject.json('POST', `/1.0/processes/${id}/stop`, undefined, 200), { id, running: false });
      await subject.json('DELETE', `/1.0/processes/${id}`, undefined, 204);
    },
    'node',
  ),
  audit(
    'platform-host',
    "A request under a name that is not the server's, as after DNS rebinding, SHOULD be refused.",
    async (subject) => {
      const origin = { ...JSON_TYPE, origin: 'http://attacker.example' };
      await refused(subject, { method: 'GET', path: '/1.0/tenants', headers: origin }, 403, 'error');
    },
  ),
];
