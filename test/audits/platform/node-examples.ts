// The examples of the platform API 1.0: nodes and services.
import type { Audit } from '../audit.ts';
import { type Example, example } from '../example.ts';
import { all, gone, JSON_BODY, machineNode, make } from './steps.ts';

const EXAMPLES: Example[] = [
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
];

export const NODE_EXAMPLES: readonly Audit[] = EXAMPLES.map(example);
