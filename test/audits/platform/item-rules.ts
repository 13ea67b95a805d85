// The rules of the platform API 1.0: instances, tenants, users and integrations beyond the examples.
import assert from 'node:assert/strict';
import type { Audit } from '../audit.ts';
import { audit, refused } from '../rules.ts';
import { newInstance, newService, newTenant } from './things.ts';

export const ITEM_RULES: readonly Audit[] = [
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
];
