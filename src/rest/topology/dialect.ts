// The topology dialect of FlexDeploy: the same instances as everybody's, seen by their codes and under their numbers.
import { type Dialect, row } from '../dialect.ts';
import {
  TopologyCreateInstanceDocument,
  TopologyInstanceDocument,
  TopologyInstancesDocument,
  TopologyPatchInstanceDocument,
  TopologyReplaceInstanceDocument,
} from '../generated/documents.ts';
import { asIs } from '../spelling.ts';

const STATUSES = {
  BAD_USER_INPUT: 400,
  ALREADY_EXISTS: 400,
  CONFLICT: 400,
  VERSION_CONFLICT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  TOO_MANY_REQUESTS: 429,
};

/** Names in a query string go without regard to case, in the first document's spelling and in the later ones'. */
const QUERY_KEYS: Readonly<Record<string, string>> = {
  code: 'instanceCode',
  name: 'instanceName',
  groupcode: 'groupCode',
  subgroupcode: 'subGroupCode',
  instancecode: 'instanceCode',
  instancename: 'instanceName',
};

const NUMBERED = 'IN';

export const topologyDialect: Dialect = {
  prefix: '/flexdeploy/rest',
  bases: ['/topology/instance', '/v1/topology/instance'],
  spelling: {
    name: asIs,
    word: asIs,
    queryKey: (key) => QUERY_KEYS[key.toLowerCase()] ?? key,
    readId: (text) => (/^\d+$/.test(text) ? NUMBERED + text : undefined),
    writeId: (id) => Number(id.slice(NUMBERED.length)),
  },
  absence: 'null',
  nullInBody: 'absent',
  statuses: STATUSES,
  challenge: 'Basic realm="Gantry", charset="UTF-8"',
  errorBody: (message) => ({ message }),
  rows: [
    row('GET', '/{id}', 200, TopologyInstanceDocument, { answer: 'instance' }),
    row('GET', '', 200, TopologyInstancesDocument, { answer: 'instances.nodes' }),
    row('POST', '', 201, TopologyCreateInstanceDocument, { answer: 'createInstance.instance' }),
    row('PUT', '/{id}', 200, TopologyReplaceInstanceDocument, { answer: 'updateInstance.instance' }),
    row('PATCH', '/{id}', 200, TopologyPatchInstanceDocument, { answer: 'updateInstance.instance' }),
  ],
};
