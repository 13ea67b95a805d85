// The rules of the platform API 1.0: what is refused, and how.
import assert from 'node:assert/strict';
import type { Audit } from '../audit.ts';
import { audit, HOSTILE_BODIES, refused } from '../rules.ts';
import { newInstance, newTenant } from './things.ts';

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
    { name: 'a', 'ip-address': '127.0.0.1', username: 'u', password: 'p' },
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

export const ERROR_RULES: readonly Audit[] = [
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
];
