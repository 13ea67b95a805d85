// The examples of FlexDeploy's topology, in the order of the document.
import type { Audit, Subject } from '../audit.ts';
import { type Example, example, inWords } from '../example.ts';
import { BASE, BEFORE } from './given.ts';

const JSON_BODY = "-H 'Content-Type: application/json'";

const make = (number: string, body: object) => async (subject: Subject) => {
  const made = await subject.json('POST', BASE, JSON.parse(inWords(JSON.stringify(body), subject)), 201);
  subject.names.set(number, String(made.instanceId));
};

const GET_EXAMPLE = {
  description: 'GET example description',
  environments: [11001],
  workflows: [],
  instanceName: 'GET Example Name',
  isActive: true,
  plugins: [],
  instanceCode: 'GETEXAMPLECODE',
  groupCode: 'GET example group',
  subGroupCode: 'GET example sub group',
  isDeploymentTarget: false,
};
const LISTED = {
  ...GET_EXAMPLE,
  environments: [10001],
  workflows: [10001],
  plugins: [{ propertySetName: 'pluginName', ownerId: 12345 }],
  groupCode: 'Group',
};
const LISTED_2 = {
  ...GET_EXAMPLE,
  description: 'GET example 2 description',
  environments: [10001, 10002, 10003],
  workflows: [10001, 10002, 10003],
  instanceName: 'GET Example 2 Name',
  instanceCode: 'GETEXAMPLECODE2',
  groupCode: 'group',
  subGroupCode: 'GET example 2 sub group',
  isDeploymentTarget: true,
};
const POSTED = {
  ...GET_EXAMPLE,
  description: 'POST example description',
  instanceName: 'POST Example Name',
  instanceCode: 'POSTEXAMPLECODE',
  groupCode: 'POST example group',
  subGroupCode: 'POST example sub group',
};
const PUT = {
  description: 'PUT description',
  environments: [11001],
  workflows: [11104],
  instanceName: 'PUT Name',
  isActive: true,
  plugins: [],
  instanceCode: 'PUTCODE',
  groupCode: 'PUT group',
  subGroupCode: 'PUT sub group',
  isDeploymentTarget: true,
};
const PATCH = `{
  "description": "PATCH example description", "environments": null, "workflows": null, "instanceId": null,
  "instanceName": null, "isActive": null, "plugins": null, "instanceCode": "PATCHEXAMPLECODE",
  "groupCode": null, "subGroupCode": null, "isDeploymentTarget": null
}`;

const numbered = (instanceId: number, body: object) => JSON.stringify({ ...body, instanceId });

const EXAMPLES: Example[] = [
  {
    id: 'topology-example-get',
    says: 'An instance MUST be answered by its number, with all its attributes.',
    given: make('11004', GET_EXAMPLE),
    curl: `curl ${BASE}/11004`,
    status: 200,
    answer: numbered(11004, GET_EXAMPLE),
  },
  {
    id: 'topology-example-query',
    says: 'The instances that match the query MUST be answered as an array, without regard to case.',
    given: async (subject) => {
      await make('10000', LISTED)(subject);
      await make('10012', LISTED_2)(subject);
    },
    curl: `curl ${BASE}?groupcode=Group`,
    status: 200,
    answer: `[${numbered(10000, LISTED)}, ${numbered(10012, LISTED_2)}]`,
    among: true,
  },
  {
    id: 'topology-example-post',
    says: "Creating an instance MUST answer 201 with it and with a number of the server's, whatever number was sent.",
    curl: `curl -X POST ${BASE} ${JSON_BODY} -d '${numbered(1, POSTED)}'`,
    status: 201,
    answer: numbered(11005, POSTED),
  },
  {
    id: 'topology-example-put',
    says: 'A PUT MUST replace all attributes; the number in the body is ignored.',
    given: make('11104', { ...BEFORE, environments: [] }),
    curl: `curl -X PUT ${BASE}/11104 ${JSON_BODY} -d '${numbered(1, PUT)}'`,
    status: 200,
    answer: numbered(11104, PUT),
  },
  {
    id: 'topology-example-patch',
    says: 'A PATCH MUST change what is given and leave what is null.',
    given: make('11104', BEFORE),
    curl: `curl -X PATCH ${BASE}/11104 ${JSON_BODY} -d '${PATCH}'`,
    status: 200,
    answer: numbered(11104, { ...BEFORE, description: 'PATCH example description', instanceCode: 'PATCHEXAMPLECODE' }),
  },
];

export const TOPOLOGY_EXAMPLES: readonly Audit[] = EXAMPLES.map(example);
