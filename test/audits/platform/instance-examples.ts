// The examples of the platform API 1.0: instances. A SHOULD in a sentence is where the document is silent.
import type { Audit } from '../audit.ts';
import { type Example, example } from '../example.ts';
import { all, JSON_BODY, make, post } from './steps.ts';

const EXAMPLES: Example[] = [
  {
    id: 'platform-example-create-instance',
    says: 'Creating an instance MUST answer with it, without the attributes that were not given.',
    curl: `curl -X POST /1.0/instances ${JSON_BODY} -d '{"name": "My Instance", "zk": "localhost:2181", "redis": "redis://localhost:6379"}'`,
    status: 201,
    answer: `{ "id": "IN2", "name": "My Instance", "zk": "localhost:2181", "redis": "redis://localhost:6379" }`,
    given: make('IN1', '/1.0/instances', {
      name: 'Root Instance',
      zk: 'localhost:2180',
      redis: 'redis://localhost:6378',
    }),
  },
  {
    id: 'platform-example-retrieve-instance',
    says: 'An existing instance MUST be answered by its id.',
    curl: `curl -XGET /1.0/instances/IN2`,
    status: 200,
    answer: `{ "id": "IN2", "name": "My Instance", "zk": "localhost:2181", "redis": "redis://localhost:6379" }`,
  },
  {
    id: 'platform-example-update-instance',
    says: 'Updating an instance MUST change what was given and leave the rest.',
    curl: `curl -X PUT /1.0/instances/IN2 ${JSON_BODY} -d '{"name": "Production Instance"}'`,
    status: 200,
    answer: `{ "id": "IN2", "name": "Production Instance", "zk": "localhost:2181", "redis": "redis://localhost:6379" }`,
  },
  {
    id: 'platform-example-delete-instance',
    says: 'Deleting an instance MUST answer 204 without a body.',
    curl: `curl -IX DELETE /1.0/instances/IN2`,
    status: 204,
  },
  {
    id: 'platform-example-list-instances',
    says: 'The list of instances MUST be an array with all of them; it SHOULD be in the order of their creation.',
    curl: `curl -XGET /1.0/instances`,
    status: 200,
    answer: `[{ "id": "IN1", "name": "Root Instance", "zk": "localhost:2180", "redis": "redis://localhost:6378" }, { "id": "IN2", "name": "Production Instance", "zk": "localhost:2181", "redis": "redis://localhost:6379" }]`,
    given: make('IN2', '/1.0/instances', {
      name: 'Production Instance',
      zk: 'localhost:2181',
      redis: 'redis://localhost:6379',
    }),
    among: true,
  },
  {
    id: 'platform-example-list-tenants-of-instance',
    says: 'The tenants of an instance MUST be an array of tenant objects.',
    curl: `curl -XGET /1.0/instances/IN2/tenants`,
    status: 200,
    answer: `[{ "id": "system", "name": "My Tenant" }, { "id": "tenant1", "name": "My Other Tenant" }]`,
    given: all(
      post('/1.0/tenants', { id: 'system', name: 'My Tenant' }),
      post('/1.0/tenants/system/instance', { id: 'IN2' }),
      post('/1.0/tenants', { id: 'tenant1', name: 'My Other Tenant' }),
      post('/1.0/tenants/tenant1/instance', { id: 'IN2' }),
    ),
  },
];

export const INSTANCE_EXAMPLES: readonly Audit[] = EXAMPLES.map(example);
