// Logs through the gateway: the last lines, pages, following, and the errors of both.
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followLog } from '../../src/platform/logs.ts';
import { openScene, type Scene } from '../kit/scene.ts';
import { until } from '../kit/until.ts';

const LOGS = `query ($id: ID!, $last: Int! = 100, $before: Cursor) {
  processLogs(id: $id, last: $last, before: $before) { process { id status } lines { text whole } startCursor hasMore }
}`;
const FOLLOW = `subscription ($id: ID!, $last: Int! = 10) {
  processLog(id: $id, last: $last) { processId lines { text } skippedBytes connected reason message }
}`;

describe('the log of a process', () => {
  let scene: Scene;
  let { machine, gateway, world, node }: Scene = {} as Scene;

  beforeAll(async () => {
    scene = await openScene();
    ({ machine, gateway, world, node } = scene);
  });

  afterAll(() => scene.close());

  const started = async (command: readonly string[]) => {
    const id = await world.process(await world.service(command), node);
    await world.change('startProcess', id);
    return id;
  };
  const logs = async (id: string, last = 100, before?: string) =>
    (await gateway.run(LOGS, { id, last, before })).processLogs;
  const textsOf = (values: { lines: { text: string }[] }[]) =>
    values.flatMap(({ lines }) => lines.map(({ text }) => text));

  it('is read below its process, too, beside what is stored and in lists', async () => {
    const ids = [await started(['/bin/sh', '-c', 'echo one; echo two']), await started(['echo', 'three'])];
    const [first = '', second = ''] = ids;
    for (const [id, count] of [
      [first, 2],
      [second, 1],
    ] as const)
      await until('its lines', async () => (await logs(id)).lines.length === count);
    const query = `query ($id: ID!, $ids: [ID!]) {
      process(id: $id) { id last: logs(last: 1) { lines { text } } logs { lines { text } process { id status } startCursor } service { name } }
      processes(filter: { id: $ids }) { nodes { log: logs { lines { text } } node { id } } }
    }`;
    const data = await gateway.run(query, { id: first, ids });
    const texts = (log: { lines: { text: string }[] }) => log.lines.map(({ text }) => text);
    expect(data.process).toMatchObject({ id: first, service: { name: 'service' }, logs: { process: { id: first } } });
    expect(texts(data.process.last)).toEqual(['two']);
    expect(texts(data.process.logs)).toEqual(['one', 'two']);
    const all: { log: { lines: { text: string }[] } }[] = data.processes.nodes;
    expect(all.map(({ log }) => texts(log))).toEqual([['one', 'two'], ['three']]);
    const before =
      'query ($id: ID!, $before: Cursor) { process(id: $id) { logs(before: $before) { lines { text } } } }';
    const page = await gateway.run(before, { id: first, before: data.process.logs.startCursor });
    expect(page.process.logs.lines).toEqual([]);
    const many = Array.from({ length: 21 }, (_each, n) => `l${n}: logs(last: 1) { hasMore }`).join(' ');
    const errors = await gateway.errors(`query ($id: ID!) { process(id: $id) { ${many} } }`, { id: first });
    expect(errors).toHaveLength(1);
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('is read from its node, with output, errors and the reason of a crash in it', async () => {
    const id = await started(['/bin/sh', '-c', 'echo out; printf "\\033[31merr\\n" >&2; exit 3']);
    const log = await until('both lines', async () => {
      const found = await logs(id);
      return found.lines.length === 2 && found;
    });
    expect(log).toMatchObject({
      process: { id, status: 'EXITED' },
      lines: [
        { text: 'out', whole: true },
        { text: '\\x1b[31merr', whole: true },
      ],
      hasMore: false,
    });
  });

  it('is read page by page, from the end', async () => {
    const id = await started(['/bin/sh', '-c', 'n=0; while [ $n -lt 30 ]; do n=$((n+1)); echo $n; done; sleep 1000']);
    await until('all lines', async () => textsOf([await logs(id, 1)])[0] === '30');
    const latest = await logs(id, 10);
    expect(textsOf([latest])).toEqual(['21', '22', '23', '24', '25', '26', '27', '28', '29', '30']);
    expect(latest.hasMore).toBe(true);
    const before = await logs(id, 100, latest.startCursor);
    expect(textsOf([before])).toEqual(Array.from({ length: 20 }, (_, n) => String(n + 1)));
    expect(before.hasMore).toBe(false);
  });

  it('of what was never started is empty, whether or not its node can be reached', async () => {
    const nowhere = await world.node(machine, { ipAddress: '127.0.0.1', port: 1 });
    const id = await world.process(await world.service(['true']), nowhere);
    expect(await logs(id)).toMatchObject({ lines: [], startCursor: null, hasMore: false });
  });

  it('says with a code what cannot be read', async () => {
    const id = await started(['sleep', '1000']);
    const refused = async (variables: object) => (await gateway.errors(LOGS, variables))[0]?.extensions;
    expect(await refused({ id: 'nobody' })).toMatchObject({ code: 'NOT_FOUND', field: 'id' });
    expect(await refused({ id, last: 1001 })).toMatchObject({ code: 'BAD_USER_INPUT', field: 'last' });
    expect(await refused({ id, last: -1 })).toMatchObject({ code: 'BAD_USER_INPUT', field: 'last' });
    expect(await refused({ id, before: 'x' })).toMatchObject({ code: 'BAD_USER_INPUT', field: 'before' });
    const watch = gateway.subscribe(FOLLOW, { id: 'nobody' });
    await watch.until(() => watch.errors[0]);
    expect(watch.errors[0]?.extensions).toMatchObject({ code: 'NOT_FOUND', field: 'id' });
  });

  it('is followed line by line until the process is deleted', async () => {
    const file = join(machine.home, 'spoken');
    writeFileSync(file, 'one\ntwo\nthree\n');
    const id = await started(['tail', '-n', '+1', '-f', file]);
    await until('the first lines', async () => (await logs(id)).lines.length === 3);
    const watch = gateway.subscribe(FOLLOW, { id, last: 2 });
    await watch.until((values) => (textsOf(values).length === 2 ? true : undefined));
    appendFileSync(file, 'four\n');
    await watch.until((values) => (textsOf(values).includes('four') ? true : undefined));
    expect(textsOf(watch.values)).toEqual(['two', 'three', 'four']);
    expect(watch.values.every((part) => part.connected && part.skippedBytes === 0 && part.processId === id)).toBe(true);
    const ended = (async () => {
      let parts = 0;
      for await (const _part of followLog(gateway.platform, id, 1)) parts++;
      return parts;
    })();
    await gateway.run('mutation ($id: ID!) { deleteProcess(id: $id) { id } }', { id });
    expect((await gateway.errors(LOGS, { id }))[0]?.extensions.code).toBe('NOT_FOUND');
    expect(await ended).toBeGreaterThanOrEqual(0);
    expect(watch.errors).toEqual([]);
  });

  it('that nobody can look at says so and why, and is followed again when its node is back', async () => {
    const id = await started(['/bin/sh', '-c', 'echo here; sleep 1000']);
    const watch = gateway.subscribe(FOLLOW, { id });
    await watch.until((values) => (textsOf(values).includes('here') ? true : undefined));
    machine.server.refuseAuth = true;
    machine.server.dropConnections();
    const lost = await watch.until((values) => values.find((part) => !part.connected));
    expect(lost).toMatchObject({ lines: [], reason: expect.stringMatching(/^[A-Z_]+$/), message: expect.any(String) });
    const [error] = await gateway.errors(LOGS, { id });
    expect(error?.extensions).toMatchObject({ code: 'NODE_UNREACHABLE', reason: 'AUTHENTICATION' });
    machine.server.refuseAuth = false;
    await gateway.run('mutation ($id: ID!) { pingNode(id: $id) { reachable } }', { id: node });
    await watch.until((values) => values.at(-1)?.connected || undefined);
    expect(textsOf(watch.values)).toEqual(['here']);
  });
});
