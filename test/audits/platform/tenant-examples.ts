// The examples of the platform API 1.0: tenants.
import type { Audit } from '../audit.ts';
import { type Example, example } from '../example.ts';
import { all, gone, JSON_BODY, make, post } from './steps.ts';

const EXAMPLES: Example[] = [
  {
    id: 'platform-example-create-tenant',
    says: 'Creating a tenant MUST answer with it.',
    curl: `curl -X POST /1.0/tenants ${JSON_BODY} -d '{"id": "tenant1", "name": "My Tenant"}'`,
    status: 201,
    answer: `{ "id": "tenant1", "name": "My Tenant" }`,
    given: gone('/1.0/tenants/tenant1', '/1.0/tenants/system'),
  },
  {
    id: 'platform-example-retrieve-tenant',
    says: 'An existing tenant MUST be answered by its id, also under the path of the example, /1.0/tenant/\u2026.',
    curl: `curl -XGET /1.0/tenant/tenant1`,
    status: 200,
    answer: `{ "id": "tenant1", "name": "My Tenant" }`,
  },
  {
    id: 'platform-example-update-tenant',
    says: 'Updating a tenant MUST change what was given.',
    curl: `curl -X PUT /1.0/tenants/tenant1 ${JSON_BODY} -d '{"name": "Test Tenant"}'`,
    status: 200,
    answer: `{ "id": "tenant1", "name": "Test Tenant" }`,
  },
  {
    id: 'platform-example-delete-tenant',
    says: 'Deleting a tenant MUST answer 204 without a body.',
    curl: `curl -IX DELETE /1.0/tenants/tenant1`,
    status: 204,
  },
  {
    id: 'platform-example-list-tenants',
    says: 'The list of tenants MUST be an array with all of them; it SHOULD be in the order of their creation.',
    curl: `curl -XGET /1.0/tenants`,
    status: 200,
    answer: `[{ "id": "tenant1", "name": "Test Tenant" }, { "id": "system", "name": "Main Tenant" }]`,
    given: all(
      post('/1.0/tenants', { id: 'tenant1', name: 'Test Tenant' }),
      post('/1.0/tenants', { id: 'system', name: 'Main Tenant' }),
    ),
    among: true,
  },
  {
    id: 'platform-example-list-users-of-tenant',
    says: 'The users of a tenant MUST be an array of e-mail addresses.',
    curl: `curl -XGET /1.0/tenants/tenant1/users`,
    status: 200,
    answer: `["ian@userevents.com", "admin@userevents.com"]`,
    given: all(
      post('/1.0/users', { email: 'ian@userevents.com', name: 'Ian Bishop', password: 'butter', tenants: ['tenant1'] }),
      post('/1.0/users', { email: 'admin@userevents.com', name: 'Admin', password: 'butter', tenants: ['tenant1'] }),
    ),
  },
  {
    id: 'platform-example-retrieve-instance-of-tenant',
    says: 'The instance of a tenant MUST be answered as an instance object, also under the path of the example.',
    curl: `curl -XGET /1.0/tenant/tenant1/instance`,
    status: 200,
    answer: `{ "id": "IN2", "name": "My Instance", "zk": "localhost:2181", "redis": "redis://localhost:6379" }`,
    given: all(
      make('IN2', '/1.0/instances', { name: 'My Instance', zk: 'localhost:2181', redis: 'redis://localhost:6379' }),
      post('/1.0/tenants/tenant1/instance', { id: 'IN1' }),
      post('/1.0/tenants/tenant1/instance', { id: 'IN2' }),
    ),
  },
  {
    id: 'platform-example-add-tenant-to-instance',
    says: 'Adding a tenant to an instance MUST answer with the keys tenant and instance; the status SHOULD be 201, as for the other additions.',
    curl: `curl -X POST /1.0/tenants/tenant1/instance ${JSON_BODY} -d '{"id": "IN2"}'`,
    status: 201,
    answer: `{ "tenant": "tenant1", "instance": "IN2" }`,
  },
  {
    id: 'platform-example-remove-tenant-from-instance',
    says: 'Removing a tenant from its instance MUST answer 204 without a body.',
    curl: `curl -IX DELETE /1.0/tenants/tenant1/instance`,
    status: 204,
  },
  {
    id: 'platform-example-add-integration-to-tenant',
    says: 'Adding an integration to a tenant MUST answer 201; the body SHOULD be a small JSON object.',
    curl: `curl -X POST /1.0/tenants/tenant1/integrations/datasift`,
    status: 201,
    answer: `{ "tenant": "tenant1", "integration": "datasift" }`,
    given: post('/1.0/integrations', { id: 'datasift' }),
  },
  {
    id: 'platform-example-remove-integration-from-tenant',
    says: 'Removing an integration from a tenant MUST answer 204 without a body.',
    curl: `curl -IX DELETE /1.0/tenants/tenant1/integrations/datasift`,
    status: 204,
  },
  {
    id: 'platform-example-list-integrations-of-tenant',
    says: 'The integrations of a tenant MUST be an array of ids.',
    curl: `curl -XGET /1.0/tenants/tenant1/integrations`,
    status: 200,
    answer: `["salesforce", "datasift", "echo"]`,
    given: all(
      gone('/1.0/integrations/datasift'),
      ...['salesforce', 'datasift', 'echo'].flatMap((id) => [
        post('/1.0/integrations', { id }),
        post(`/1.0/tenants/tenant1/integrations/${id}`, {}),
      ]),
    ),
  },
];

export const TENANT_EXAMPLES: readonly Audit[] = EXAMPLES.map(example);
