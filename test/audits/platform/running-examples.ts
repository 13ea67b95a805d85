// The examples of the platform API 1.0: what starts, stops and tells.
import type { Audit } from '../audit.ts';
import { type Example, example } from '../example.ts';
import { all, gone, P1, P2, P3, process, service } from './steps.ts';

const EXAMPLES: Example[] = [
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

export const RUNNING_EXAMPLES: readonly Audit[] = EXAMPLES.map(example);
