// The examples of the platform API 1.0, in the order of the document. A SHOULD in a sentence is where the document is silent.
import type { Audit, Subject } from './audit.ts';
import { type Example, example, inWords } from './example.ts';

const post = (path: string, body: object) => async (subject: Subject) => {
  await subject.json('POST', inWords(path, subject), JSON.parse(inWords(JSON.stringify(body), subject)));
};

/** Makes something, and lets a name of the document stand for it. */
const make = (name: string, path: string, body: object) => async (subject: Subject) => {
  const made = await subject.json('POST', inWords(path, subject), JSON.parse(inWords(JSON.stringify(body), subject)));
  subject.names.set(name, made.id);
};

const all =
  (...steps: ((subject: Subject) => Promise<void>)[]) =>
  async (subject: Subject) => {
    for (const step of steps) await step(subject);
  };

/** What an earlier example left behind and a later one makes anew. */
const gone =
  (...paths: string[]) =>
  async (subject: Subject) => {
    for (const path of paths) await subject.send({ method: 'DELETE', path: inWords(path, subject) });
  };

const forget = (name: string) => async (subject: Subject) => void subject.names.delete(name);

const JSON_BODY = "-H 'Content-Type: application/json'";

/** A node on the machine that the run was given, for examples that start something. */
const machineNode = (name: string) => async (subject: Subject) => {
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
const service = (name: string) => make(name, '/1.0/instances/IN1/services', RUNS);
const process = (name: string, service: string, node: string) =>
  make(name, '/1.0/processes', { instance: 'IN1', service, node });

const [P1, P2, P3] = [
  'c220e9a8-3ce5-4981-8b28-44e30a25d52e',
  'bc975bd6-70a5-4d67-af00-1d6dffdfdba0',
  '77f19fc7-e10a-4732-8789-38613a95185e',
];

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
  {
    id: 'platform-example-create-user',
    says: 'Creating a user MUST answer with it, with a client-id of its own and without the password.',
    curl: `curl -X POST /1.0/users ${JSON_BODY} -d '{"email": "ian@userevents.com", "name": "Ian Bishop", "password": "butter", "tenants": ["userevents"]}'`,
    status: 201,
    answer: `{ "email": "ian@userevents.com", "name": "Ian Bishop", "client-id": "xxxxxx", "tenants": ["userevents"] }`,
    given: all(gone('/1.0/users/ian@userevents.com'), post('/1.0/tenants', { id: 'userevents', name: 'User Events' })),
  },
  {
    id: 'platform-example-retrieve-user',
    says: 'An existing user MUST be answered by e-mail address.',
    curl: `curl -XGET /1.0/users/ian@userevents.com`,
    status: 200,
    answer: `{ "email": "ian@userevents.com", "name": "Ian Bishop", "client-id": "xxxxxx", "tenants": ["userevents"] }`,
  },
  {
    id: 'platform-example-update-user',
    says: 'Updating a user MUST change what was given and leave the rest.',
    curl: `curl -X PUT /1.0/users/ian@userevents.com ${JSON_BODY} -d '{"name": "John Smith"}'`,
    status: 200,
    answer: `{ "email": "ian@userevents.com", "name": "John Smith", "client-id": "xxxxxx", "tenants": ["userevents"] }`,
  },
  {
    id: 'platform-example-delete-user',
    says: 'Deleting a user MUST answer 204 without a body.',
    curl: `curl -IX DELETE /1.0/users/ian@userevents.com`,
    status: 204,
  },
  {
    id: 'platform-example-list-users',
    says: 'The list of users MUST be an array with all of them; it SHOULD be in the order of their creation.',
    curl: `curl -XGET /1.0/users`,
    status: 200,
    answer: `[{ "email": "ian@userevents.com", "name": "Ian Bishop", "client-id": "xxxxxx", "tenants": ["userevents"] }, { "email": "josh@userevents.com", "name": "Josh Comer", "client-id": "yyyyyy", "tenants": ["userevents"] }]`,
    given: all(
      forget('xxxxxx'),
      post('/1.0/users', {
        email: 'ian@userevents.com',
        name: 'Ian Bishop',
        password: 'butter',
        tenants: ['userevents'],
      }),
      post('/1.0/users', {
        email: 'josh@userevents.com',
        name: 'Josh Comer',
        password: 'butter',
        tenants: ['userevents'],
      }),
    ),
    among: true,
  },
  {
    id: 'platform-example-add-user-to-tenant',
    says: 'Adding a user to a tenant MUST answer 201; the body SHOULD be a small JSON object.',
    curl: `curl -X POST /1.0/users/ian@userevents.com/tenants/userevents`,
    status: 201,
    answer: `{ "user": "ian@userevents.com", "tenant": "userevents" }`,
  },
  {
    id: 'platform-example-remove-user-from-tenant',
    says: 'Removing a user from a tenant MUST answer 204 without a body.',
    curl: `curl -IX DELETE /1.0/users/ian@userevents.com/tenants/userevents`,
    status: 204,
  },
  {
    id: 'platform-example-create-node',
    says: 'Creating a node MUST answer with it, the password in clear, and without a status that nobody gave.',
    curl: `curl -X POST /1.0/instances/IN1/nodes ${JSON_BODY} -d '{"name": "local box", "ip-address": "127.0.0.1", "username": "cxengage", "password": "butter"}'`,
    status: 201,
    answer: `{ "id": "ND2", "name": "local box", "ip-address": "127.0.0.1", "username": "cxengage", "password": "butter" }`,
    given: make('ND1', '/1.0/instances/IN1/nodes', {
      name: 'Dev CxEngage API',
      'ip-address': '127.0.0.1',
      username: 'cxengage',
      password: 'password',
      status: true,
    }),
  },
  {
    id: 'platform-example-retrieve-node',
    says: 'An existing node of the instance MUST be answered by its id.',
    curl: `curl -XGET /1.0/instances/IN1/nodes/ND1`,
    status: 200,
    answer: `{ "id": "ND1", "name": "Dev CxEngage API", "ip-address": "127.0.0.1", "username": "cxengage", "password": "password", "status": true }`,
  },
  {
    id: 'platform-example-update-node',
    says: 'Updating a node MUST change what was given and leave the rest.',
    curl: `curl -X PUT /1.0/instances/IN1/nodes/ND2 ${JSON_BODY} -d '{"name": "local box 2"}'`,
    status: 200,
    answer: `{ "id": "ND2", "name": "local box 2", "ip-address": "127.0.0.1", "username": "cxengage", "password": "butter" }`,
  },
  {
    id: 'platform-example-delete-node',
    says: 'Deleting a node MUST answer 204 without a body.',
    curl: `curl -IX DELETE /1.0/instances/IN1/nodes/ND1`,
    status: 204,
  },
  {
    id: 'platform-example-list-nodes',
    says: 'The nodes of an instance MUST be an array with all of them; it SHOULD be in the order of their creation.',
    curl: `curl -XGET /1.0/instances/IN1/nodes`,
    status: 200,
    answer: `[{ "id": "ND1", "name": "Dev CxEngage API", "ip-address": "127.0.0.1", "username": "cxengage", "password": "password", "status": true }, { "id": "ND2", "name": "local box", "ip-address": "127.0.0.1", "username": "cxengage", "password": "butter" }]`,
    given: all(
      gone('/1.0/instances/IN1/nodes/ND2'),
      make('ND1', '/1.0/instances/IN1/nodes', {
        name: 'Dev CxEngage API',
        'ip-address': '127.0.0.1',
        username: 'cxengage',
        password: 'password',
        status: true,
      }),
      make('ND2', '/1.0/instances/IN1/nodes', {
        name: 'local box',
        'ip-address': '127.0.0.1',
        username: 'cxengage',
        password: 'butter',
      }),
    ),
  },
  {
    id: 'platform-example-ping-node',
    says: 'A ping MUST answer whether the node can be logged in to with its credentials.',
    curl: `curl -X POST /1.0/instances/IN1/nodes/ND2/ping`,
    status: 200,
    answer: `{ "result": true }`,
    given: all(gone('/1.0/instances/IN1/nodes/ND2'), machineNode('ND2')),
    needs: 'node',
  },
  {
    id: 'platform-example-create-service',
    says: 'Creating a service MUST answer with it, its options as they were given.',
    curl: `curl -X POST /1.0/instances/IN1/services ${JSON_BODY} -d '{"name": "WebApp", "type": "webapp", "log-level": "error", "options": { "port": 8888 }}'`,
    status: 201,
    answer: `{ "id": "SV2", "type": "webapp", "name": "WebApp", "log-level": "error", "options": { "port": 8888 } }`,
    given: make('SV1', '/1.0/instances/IN1/services', {
      name: 'Auth',
      type: 'auth',
      'log-level': 'trace',
      options: { port: 8082, 'token-ttl': 2592000 },
    }),
  },
  {
    id: 'platform-example-retrieve-service',
    says: 'An existing service of the instance MUST be answered by its id.',
    curl: `curl -XGET /1.0/instances/IN1/services/SV1`,
    status: 200,
    answer: `{ "id": "SV1", "type": "auth", "name": "Auth", "log-level": "trace", "options": { "port": 8082, "token-ttl": 2592000 } }`,
  },
  {
    id: 'platform-example-update-service',
    says: 'Updating a service MUST change what was given and leave the rest.',
    curl: `curl -X PUT /1.0/instances/IN1/services/SV2 ${JSON_BODY} -d '{"name": "WebApp Dev"}'`,
    status: 200,
    answer: `{ "id": "SV2", "type": "webapp", "name": "WebApp Dev", "log-level": "error", "options": { "port": 8888 } }`,
  },
  {
    id: 'platform-example-delete-service-not-a-service',
    says: 'The id of a node in place of a service, as in the example, MUST answer 404.',
    curl: `curl -IX DELETE /1.0/instances/IN1/services/ND1`,
    status: 404,
    answer: `{ "error": "There is no service \\"ND1\\"." }`,
  },
  {
    id: 'platform-example-delete-service',
    says: 'Deleting a service MUST answer 204 without a body.',
    curl: `curl -IX DELETE /1.0/instances/IN1/services/SV2`,
    status: 204,
  },
  {
    id: 'platform-example-list-services',
    says: 'The services of an instance MUST be an array with all of them; it SHOULD be in the order of their creation.',
    curl: `curl -XGET /1.0/instances/IN1/services`,
    status: 200,
    answer: `[{ "id": "SV1", "type": "auth", "name": "Auth", "log-level": "trace", "options": { "port": 8082, "token-ttl": 2592000 } }, { "id": "SV2", "type": "webapp", "name": "WebApp", "log-level": "error", "options": { "port": 8888 } }]`,
    given: make('SV2', '/1.0/instances/IN1/services', {
      name: 'WebApp',
      type: 'webapp',
      'log-level': 'error',
      options: { port: 8888 },
    }),
  },
  {
    id: 'platform-example-start-service',
    says: 'Starting a service MUST answer whether it runs, and for each of its processes, once that is so.',
    curl: `curl -X POST /1.0/instances/IN1/services/SV1/start`,
    status: 200,
    answer: `{ "id": "SV1", "running": true, "processes": [{ "id": "${P2}", "running": true }] }`,
    given: all(
      gone('/1.0/instances/IN1/services/SV1', '/1.0/instances/IN1/services/SV2'),
      service('SV1'),
      process(P2, 'SV1', 'ND2'),
    ),
    needs: 'node',
  },
  {
    id: 'platform-example-monitor-service',
    says: 'The status of a running service MUST be that it runs.',
    curl: `curl -X GET /1.0/instances/IN1/services/SV1/status`,
    status: 200,
    answer: `{ "running": true }`,
    needs: 'node',
  },
  {
    id: 'platform-example-stop-service',
    says: 'Stopping a service MUST answer whether it runs, and for each of its processes, once that is so.',
    curl: `curl -X POST /1.0/instances/IN1/services/SV1/stop`,
    status: 200,
    answer: `{ "id": "SV1", "running": false, "processes": [{ "id": "${P2}", "running": false }] }`,
    needs: 'node',
  },
  {
    id: 'platform-example-list-processes-of-service',
    says: 'The processes of a service MUST be an array of process objects.',
    curl: `curl -XGET /1.0/instances/IN1/services/SV1/processes`,
    status: 200,
    answer: `[{ "id": "${P2}", "instance": "IN1", "node": "ND2", "service": "SV1" }]`,
    needs: 'node',
  },
  {
    id: 'platform-example-start-all-services',
    says: 'Starting all services MUST answer with the result of each.',
    curl: `curl -X POST /1.0/instances/IN1/services/start`,
    status: 200,
    answer: `[{ "id": "SV3", "running": true, "processes": [{ "id": "${P3}", "running": true }] }, { "id": "SV2", "running": true, "processes": [{ "id": "${P2}", "running": true }] }, { "id": "SV1", "running": true, "processes": [{ "id": "${P1}", "running": true }] }]`,
    given: all(
      gone('/1.0/instances/IN1/services/SV1'),
      service('SV1'),
      process(P1, 'SV1', 'ND2'),
      service('SV2'),
      process(P2, 'SV2', 'ND2'),
      service('SV3'),
      process(P3, 'SV3', 'ND2'),
    ),
    anyOrder: true,
    needs: 'node',
  },
  {
    id: 'platform-example-monitor-all-services',
    says: 'The status of all services MUST be an array with the id of each and whether it runs.',
    curl: `curl -X GET /1.0/instances/IN1/services/status`,
    status: 200,
    answer: `[{ "id": "SV3", "running": true }, { "id": "SV2", "running": true }, { "id": "SV1", "running": true }]`,
    anyOrder: true,
    needs: 'node',
  },
  {
    id: 'platform-example-stop-all-services',
    says: 'Stopping all services MUST answer with the result of each.',
    curl: `curl -X POST /1.0/instances/IN1/services/stop`,
    status: 200,
    answer: `[{ "id": "SV3", "running": false, "processes": [{ "id": "${P3}", "running": false }] }, { "id": "SV2", "running": false, "processes": [{ "id": "${P2}", "running": false }] }, { "id": "SV1", "running": false, "processes": [{ "id": "${P1}", "running": false }] }]`,
    anyOrder: true,
    needs: 'node',
  },
];

export const PLATFORM_EXAMPLES: readonly Audit[] = EXAMPLES.map(example);
