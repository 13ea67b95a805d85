// The rules of the platform API 1.0: attributes, arguments, statuses, and what its examples do not show.
import assert from 'node:assert/strict';
import type { Audit, Subject } from './audit.ts';
import { audit, HOSTILE_BODIES, refused } from './rules.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

const newInstance = async (subject: Subject, more: object = {}): Promise<string> =>
  (await subject.json('POST', '/1.0/instances', { name: 'Audit', zk: 'zk:2181', redis: 'redis://r', ...more }, 201)).id;

const newTenant = async (subject: Subject): Promise<string> =>
  (await subject.json('POST', '/1.0/tenants', { id: subject.fresh('audit'), name: 'Audit' }, 201)).id;

const newNode = async (subject: Subject, instance: string): Promise<string> =>
  (
    await subject.json('POST', `/1.0/instances/${instance}/nodes`, {
      name: 'nobody there',
      // Reserved for documentation: no machine has it.
      'ip-address': '192.0.2.1',
      username: 'u',
      password: 'p',
    })
  ).id;

const newService = async (subject: Subject, instance: string): Promise<string> =>
  (
    await subject.json('POST', `/1.0/instances/${instance}/services`, {
      name: 's',
      type: 'command',
      options: { command: ['sleep', '1000'] },
    })
  ).id;

/** Each required argument of each creation, one left out at a time. */
const REQUIRED: readonly (readonly [
  what: string,
  path: (instance: string) => string,
  body: Record<string, unknown>,
])[] = [
  ['instance', () => '/1.0/instances', { name: 'a', zk: 'b', redis: 'c' }],
  ['tenant', () => '/1.0/tenants', { id: 'audit-missing', name: 'a' }],
  ['user', () => '/1.0/users', { email: 'audit-missing@example.com', name: 'a', password: 'b' }],
  [
    'node',
    (instance) => `/1.0/instances/${instance}/nodes`,
    { name: 'a', 'ip-address': '192.0.2.1', username: 'u', password: 'p' },
  ],
  ['service', (instance) => `/1.0/instances/${instance}/services`, { name: 'a', type: 'auth' }],
  ['process', () => '/1.0/processes', { instance: 'IN1', service: 'SV1', node: 'ND1' }],
  ['integration', () => '/1.0/integrations', { id: 'audit-missing' }],
];

const MISSING_ITEMS: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/instances/IN999999'],
  ['PUT', '/instances/IN999999'],
  ['DELETE', '/instances/IN999999'],
  ['GET', '/instances/IN999999/tenants'],
  ['GET', '/instances/IN999999/nodes'],
  ['GET', '/instances/IN999999/services'],
  ['GET', '/instances/IN999999/services/status'],
  ['POST', '/instances/IN999999/services/start'],
  ['GET', '/tenants/audit-nobody'],
  ['PUT', '/tenants/audit-nobody'],
  ['DELETE', '/tenants/audit-nobody'],
  ['GET', '/tenants/audit-nobody/users'],
  ['GET', '/tenants/audit-nobody/instance'],
  ['DELETE', '/tenants/audit-nobody/instance'],
  ['GET', '/tenants/audit-nobody/integrations'],
  ['POST', '/tenants/audit-nobody/integrations/audit-nothing'],
  ['GET', '/users/nobody@example.com'],
  ['PUT', '/users/nobody@example.com'],
  ['DELETE', '/users/nobody@example.com'],
  ['POST', '/users/nobody@example.com/tenants/audit-nobody'],
  ['GET', '/integrations/audit-nothing'],
  ['PUT', '/integrations/audit-nothing'],
  ['DELETE', '/integrations/audit-nothing'],
  ['GET', '/processes/00000000-0000-4000-8000-000000000000'],
  ['DELETE', '/processes/00000000-0000-4000-8000-000000000000'],
  ['POST', '/processes/00000000-0000-4000-8000-000000000000/start'],
  ['GET', '/processes/00000000-0000-4000-8000-000000000000/status'],
];

export const PLATFORM_RULES: readonly Audit[] = [
  audit(
    'platform-error-missing',
    'A missing required parameter MUST answer 400 and SHOULD be named.',
    async (subject) => {
      const instance = await newInstance(subject);
      for (const [what, path, body] of REQUIRED) {
        for (const key of Object.keys(body)) {
          const { [key]: _left, ...rest } = body;
          const answer = await refused(
            subject,
            { method: 'POST', path: path(instance), body: JSON.stringify(rest) },
            400,
            'error',
          );
          assert.match(answer.text, new RegExp(key), `the error of a ${what} without ${key}: ${answer.text}`);
        }
      }
    },
  ),
  audit('platform-error-not-found', 'An item that does not exist MUST answer 404 with an error.', async (subject) => {
    for (const [method, path] of MISSING_ITEMS) {
      const body = method === 'PUT' ? '{}' : undefined;
      await refused(subject, { method, path: `/1.0${path}`, body }, 404, 'error');
    }
  }),
  audit(
    'platform-error-route',
    'An unknown path MUST answer 404, and a method that a path has not SHOULD answer 405 with Allow.',
    async (subject) => {
      await refused(subject, { method: 'GET', path: '/1.0/no/such/thing' }, 404, 'error');
      const answer = await refused(subject, { method: 'PUT', path: '/1.0/processes/x' }, 405, 'error');
      assert.match(answer.headers.get('allow') ?? '', /DELETE.*GET/);
    },
  ),
  audit(
    'platform-error-malformed',
    'A body that is not clearly one JSON object MUST answer 400 with an error.',
    async (subject) => {
      for (const [what, body] of Object.entries(HOSTILE_BODIES)) {
        const answer = await subject.send({ method: 'POST', path: '/1.0/instances', body });
        assert.equal(answer.status, 400, `${what} answered ${answer.status}`);
        assert.equal(typeof (answer.body as { error?: unknown }).error, 'string', what);
      }
    },
  ),
  audit('platform-error-content-type', 'A body that is not declared as JSON SHOULD answer 415.', async (subject) => {
    const headers = { 'content-type': 'text/plain' };
    await refused(
      subject,
      { method: 'POST', path: '/1.0/tenants', body: '{"id":"x","name":"y"}', headers },
      415,
      'error',
    );
  }),
  audit('platform-error-size', 'A body beyond all measure SHOULD answer 413.', async (subject) => {
    const body = JSON.stringify({ name: 'x'.repeat(3_000_000) });
    await refused(subject, { method: 'POST', path: '/1.0/tenants', body }, 413, 'error');
  }),
  audit('platform-error-type', 'A parameter of another type MUST answer 400 and SHOULD be named.', async (subject) => {
    for (const [key, value] of Object.entries({ name: 5, zk: true, redis: ['x'], stats: 'x', auth: {} })) {
      const body = JSON.stringify({ name: 'a', zk: 'b', redis: 'c', [key]: value });
      const answer = await refused(subject, { method: 'POST', path: '/1.0/instances', body }, 400, 'error');
      assert.match(answer.text, new RegExp(key));
    }
  }),
  audit('platform-error-taken', 'An id that is taken MUST NOT be created again.', async (subject) => {
    const id = await newTenant(subject);
    await refused(
      subject,
      { method: 'POST', path: '/1.0/tenants', body: JSON.stringify({ id, name: 'again' }) },
      400,
      'error',
    );
    assert.equal((await subject.json('GET', `/1.0/tenants/${id}`)).name, 'Audit');
  }),
  audit(
    'platform-instance-attributes',
    'An instance MUST have all its attributes as given, stats untouched.',
    async (subject) => {
      const given = {
        name: 'All',
        auth: 'http://localhost:8082',
        api: 'http://localhost:8081',
        events: 'http://localhost:8083',
        zk: 'a:2181,b:2181',
        redis: 'redis://localhost:6379',
        stats: { type: 'graphite', port: 2003, nestedKey: { 'a-b': null, camelCase: [1, 2.5, '\u00e9\u{1f600}'] } },
      };
      const made = await subject.json('POST', '/1.0/instances', given, 201);
      assert.deepEqual(made, { id: made.id, ...given });
      assert.deepEqual(await subject.json('GET', `/1.0/instances/${made.id}`), made);
    },
  ),
  audit(
    'platform-null-clears',
    'An optional attribute that is set to null SHOULD be gone, and one that is left out MUST stay.',
    async (subject) => {
      const id = await newInstance(subject, { auth: 'http://a', api: 'http://b' });
      const changed = await subject.json('PUT', `/1.0/instances/${id}`, { auth: null });
      assert.deepEqual(changed, { id, name: 'Audit', zk: 'zk:2181', redis: 'redis://r', api: 'http://b' });
    },
  ),
  audit(
    'platform-unknown-keys',
    'Keys that the document does not know SHOULD be ignored, so that an object can be sent back as it came.',
    async (subject) => {
      const id = await newInstance(subject);
      const before = await subject.json('GET', `/1.0/instances/${id}`);
      assert.deepEqual(await subject.json('PUT', `/1.0/instances/${id}`, { ...before, 'no-such-key': 1 }), before);
    },
  ),
  audit(
    'platform-instance-delete',
    'Deleting an instance MUST take its nodes and services with it and detach its tenants.',
    async (subject) => {
      const instance = await newInstance(subject);
      const tenant = await newTenant(subject);
      await newService(subject, instance);
      await subject.json('POST', `/1.0/tenants/${tenant}/instance`, { id: instance }, 201);
      await subject.json('DELETE', `/1.0/instances/${instance}`, undefined, 204);
      await refused(subject, { method: 'GET', path: `/1.0/instances/${instance}/services` }, 404, 'error');
      await refused(subject, { method: 'GET', path: `/1.0/tenants/${tenant}/instance` }, 404, 'error');
      await subject.json('GET', `/1.0/tenants/${tenant}`, undefined, 200);
    },
  ),
  audit(
    'platform-tenant-rate-limit',
    'The rate limit of a tenant MUST be the number under rate-limit.',
    async (subject) => {
      const id = subject.fresh('audit');
      const tenant = { id, name: 'a', 'rate-limit': 100 };
      assert.deepEqual(await subject.json('POST', '/1.0/tenants', tenant, 201), tenant);
      assert.deepEqual(await subject.json('GET', `/1.0/tenant/${id}`), tenant);
    },
  ),
  audit(
    'platform-tenant-moves',
    'Adding a tenant to an instance MUST take it from the one that it was on.',
    async (subject) => {
      const [one, other] = [await newInstance(subject), await newInstance(subject)];
      const tenant = await newTenant(subject);
      await subject.json('POST', `/1.0/tenants/${tenant}/instance`, { id: one }, 201);
      await subject.json('POST', `/1.0/tenants/${tenant}/instance`, { id: other }, 201);
      assert.deepEqual(await subject.json('GET', `/1.0/instances/${one}/tenants`), []);
      assert.equal((await subject.json('GET', `/1.0/tenants/${tenant}/instance`)).id, other);
    },
  ),
  audit(
    'platform-named-in-body',
    'What a body names and is not there SHOULD answer 400: 404 is for what the path addresses.',
    async (subject) => {
      const tenant = await newTenant(subject);
      const user = { email: `${subject.fresh('a')}@example.com`, name: 'a', password: 'b', tenants: ['audit-nobody'] };
      await refused(subject, { method: 'POST', path: '/1.0/users', body: JSON.stringify(user) }, 400, 'error');
      await refused(
        subject,
        { method: 'POST', path: `/1.0/tenants/${tenant}/instance`, body: '{"id":"IN999999"}' },
        400,
        'error',
      );
      const process = JSON.stringify({ instance: 'IN999999', service: 'SV999999', node: 'ND999999' });
      await refused(subject, { method: 'POST', path: '/1.0/processes', body: process }, 400, 'error');
    },
  ),
  audit(
    'platform-user-secret',
    'A password of a user MUST NOT be answered, and the client-id MUST be made by the server.',
    async (subject) => {
      const email = `${subject.fresh('a')}@example.com`;
      const body = { email, name: 'a', password: 'canary-password', 'client-id': 'mine' };
      const made = await subject.send({ method: 'POST', path: '/1.0/users', body: JSON.stringify(body) });
      assert.doesNotMatch(made.text, /canary-password|mine/);
      assert.match((made.body as Record<string, string>)['client-id'] ?? '', /.{16,}/);
      const [raw, encoded] = [`/1.0/users/${email}`, `/1.0/users/${encodeURIComponent(email)}`];
      assert.deepEqual(await subject.json('GET', raw), await subject.json('GET', encoded));
    },
  ),
  audit(
    'platform-user-tenants',
    'The tenants of a user MUST be replaced as a whole, and be added and removed one by one.',
    async (subject) => {
      const [one, other] = [await newTenant(subject), await newTenant(subject)];
      const email = `${subject.fresh('a')}@example.com`;
      await subject.json('POST', '/1.0/users', { email, name: 'a', password: 'b', tenants: [one] }, 201);
      assert.deepEqual((await subject.json('PUT', `/1.0/users/${email}`, { tenants: [other] })).tenants, [other]);
      await subject.json('POST', `/1.0/users/${email}/tenants/${one}`, undefined, 201);
      assert.deepEqual((await subject.json('GET', `/1.0/users/${email}`)).tenants, [one, other]);
      await subject.json('DELETE', `/1.0/users/${email}/tenants/${other}`, undefined, 204);
      assert.deepEqual(await subject.json('GET', `/1.0/tenants/${other}/users`), []);
    },
  ),
  audit(
    'platform-integration',
    'An integration SHOULD have id, type (the same), display, schema, endpoint and listener, each changed by itself.',
    async (subject) => {
      const id = subject.fresh('audit');
      const parts = {
        display: 'Datasift',
        schema: [{ label: 'Key', param: 'key', type: 'password' }],
        endpoint: { name: 'e', sends: { post: { text: { type: 'mandatory' } } }, 'static-params': [] },
      };
      const whole = { id, type: id, ...parts };
      assert.deepEqual(await subject.json('POST', '/1.0/integrations', { id, ...parts }, 201), whole);
      const listener = { name: 'l', params: ['a'] };
      assert.deepEqual(await subject.json('PUT', `/1.0/integrations/${id}`, { listener }), { ...whole, listener });
      assert.deepEqual(await subject.json('PUT', `/1.0/integrations/${id}`, { schema: null, display: 'D' }), {
        id,
        type: id,
        display: 'D',
        endpoint: parts.endpoint,
        listener,
      });
      assert.ok((await subject.json('GET', '/1.0/integrations')).some((each: { id: string }) => each.id === id));
      await subject.json('DELETE', `/1.0/integrations/${id}`, undefined, 204);
    },
  ),
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
