// The rules of FlexDeploy's topology.
import assert from 'node:assert/strict';
import type { Audit } from '../audit.ts';
import { audit, HOSTILE_BODIES, refused } from '../rules.ts';
import { BASE, BEFORE } from './given.ts';

const MINIMAL = { instanceName: 'Minimal', instanceCode: 'MINIMAL' };
const DEFAULTS = {
  description: null,
  environments: [],
  workflows: [],
  isActive: true,
  plugins: [],
  groupCode: null,
  subGroupCode: null,
  isDeploymentTarget: true,
};

export const TOPOLOGY_RULES: readonly Audit[] = [
  audit(
    'topology-defaults',
    'isActive and isDeploymentTarget MUST be true if nothing is passed; the rest SHOULD be null or empty.',
    async (subject) => {
      const made = await subject.json('POST', BASE, MINIMAL, 201);
      assert.deepEqual(made, { ...DEFAULTS, ...MINIMAL, instanceId: made.instanceId });
      assert.equal(typeof made.instanceId, 'number');
    },
  ),
  audit('topology-put-replaces', 'A PUT MUST set what it does not give to true, null or empty.', async (subject) => {
    const { instanceId } = await subject.json('POST', BASE, { ...BEFORE, ...MINIMAL }, 201);
    const put = await subject.json('PUT', `${BASE}/${instanceId}`, MINIMAL, 200);
    assert.deepEqual(put, { ...DEFAULTS, ...MINIMAL, instanceId });
  }),
  audit('topology-patch-clears-lists', 'A PATCH with an empty list SHOULD clear it.', async (subject) => {
    const { instanceId } = await subject.json('POST', BASE, BEFORE, 201);
    const patched = await subject.json('PATCH', `${BASE}/${instanceId}`, { environments: [] }, 200);
    assert.deepEqual(patched, { ...BEFORE, environments: [], instanceId });
  }),
  audit(
    'topology-query',
    'All query parameters MUST match; their names and values go without regard to case, in the earlier and the later spelling.',
    async (subject) => {
      const code = subject.fresh('Query');
      const { instanceId } = await subject.json(
        'POST',
        BASE,
        { ...BEFORE, instanceCode: code, groupCode: 'Gr\u00e4\u00df' },
        201,
      );
      const found = async (query: string) =>
        (await subject.json('GET', `${BASE}?${query}`, undefined, 200)).map(
          (each: { instanceId: number }) => each.instanceId,
        );
      for (const name of ['code', 'CODE', 'instanceCode', 'instancecode']) {
        assert.deepEqual(await found(`${name}=${code.toUpperCase()}`), [instanceId], name);
        assert.deepEqual(
          await found(`${name}=${code}&groupcode=GR\u00c4\u00df&subgroupcode=sub%20group&name=EXAMPLE+NAME`),
          [instanceId],
        );
        assert.deepEqual(await found(`${name}=${code}&groupCode=other`), []);
        assert.deepEqual(await found(`${name}=${code.slice(0, -1)}`), []);
      }
      assert.deepEqual(await found(`code=${code}&no-such-parameter=1`), [instanceId]);
      assert.ok((await found('')).includes(instanceId));
    },
  ),
  audit('topology-v1', 'The same instances SHOULD be there under /flexdeploy/rest/v1.', async (subject) => {
    const made = await subject.json('POST', '/flexdeploy/rest/v1/topology/instance', MINIMAL, 201);
    assert.deepEqual(await subject.json('GET', `${BASE}/${made.instanceId}`), made);
  }),
  audit(
    'topology-required',
    'A POST or PUT without instanceName or instanceCode MUST answer 400, and SHOULD name it.',
    async (subject) => {
      const { instanceId } = await subject.json('POST', BASE, MINIMAL, 201);
      for (const [method, path] of [
        ['POST', BASE],
        ['PUT', `${BASE}/${instanceId}`],
      ] as const) {
        for (const key of ['instanceName', 'instanceCode']) {
          for (const body of [
            { ...MINIMAL, [key]: undefined },
            { ...MINIMAL, [key]: null },
          ]) {
            const answer = await refused(subject, { method, path, body: JSON.stringify(body) }, 400, 'message');
            assert.match(answer.text, new RegExp(key));
          }
        }
      }
    },
  ),
  audit('topology-types', 'An attribute of another type MUST answer 400.', async (subject) => {
    for (const wrong of [
      { isActive: 'yes' },
      { environments: 5 },
      { environments: ['a'] },
      { plugins: [1] },
      { description: {} },
    ]) {
      await refused(
        subject,
        { method: 'POST', path: BASE, body: JSON.stringify({ ...MINIMAL, ...wrong }) },
        400,
        'message',
      );
    }
  }),
  audit(
    'topology-long',
    'Numbers of environments and workflows are Longs: they MUST NOT end at 32 bits.',
    async (subject) => {
      const long = { environments: [2 ** 40, 11001], workflows: [2 ** 33] };
      const made = await subject.json('POST', BASE, { ...MINIMAL, ...long }, 201);
      assert.deepEqual(await subject.json('GET', `${BASE}/${made.instanceId}`), {
        ...DEFAULTS,
        ...MINIMAL,
        ...long,
        instanceId: made.instanceId,
      });
    },
  ),
  audit('topology-malformed', 'A body that is not clearly one JSON object MUST answer 400.', async (subject) => {
    for (const [what, body] of Object.entries(HOSTILE_BODIES)) {
      const answer = await subject.send({ method: 'POST', path: BASE, body });
      assert.equal(answer.status, 400, `${what} answered ${answer.status}`);
      assert.equal(typeof (answer.body as { message?: unknown }).message, 'string', what);
    }
  }),
  audit(
    'topology-not-found',
    'An instance that does not exist MUST answer 404, and what is no number 400.',
    async (subject) => {
      for (const method of ['GET', 'PUT', 'PATCH']) {
        const body = method === 'GET' ? undefined : JSON.stringify(MINIMAL);
        await refused(subject, { method, path: `${BASE}/999999`, body }, 404, 'message');
        await refused(subject, { method, path: `${BASE}/IN1`, body }, 400, 'message');
      }
    },
  ),
  audit('topology-no-delete', 'DELETE is not offered and SHOULD answer 405 with Allow.', async (subject) => {
    const answer = await refused(subject, { method: 'DELETE', path: `${BASE}/1` }, 405, 'message');
    assert.match(answer.headers.get('allow') ?? '', /GET.*PATCH.*PUT/);
  }),
  audit('topology-basic', 'HTTP Basic authentication MUST be taken; open access takes any.', async (subject) => {
    const headers = { authorization: `Basic ${btoa('user:password')}` };
    assert.equal((await subject.send({ method: 'GET', path: BASE, headers })).status, 200);
  }),
  audit(
    'topology-other-window',
    'The instances MUST be those of /1.0, and what this dialect does not know MUST stay as it is.',
    async (subject) => {
      const { id } = await subject.json('POST', '/1.0/instances', { name: 'a', zk: 'zk:1', redis: 'redis://r' }, 201);
      const number = Number(id.slice(2));
      await subject.json('PUT', `${BASE}/${number}`, { ...MINIMAL, instanceName: 'b' }, 200);
      const seen = await subject.json('GET', `/1.0/instances/${id}`);
      assert.deepEqual(seen, { id, name: 'b', zk: 'zk:1', redis: 'redis://r' });
    },
  ),
];
