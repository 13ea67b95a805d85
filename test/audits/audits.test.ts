// Both documents, line by line, against a fresh gateway.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../kit/gateway.ts';
import { type FakeNode, fakeNode, PASSWORD } from '../kit/node.ts';
import { DOCUMENTS } from './all.ts';
import { run, Subject } from './audit.ts';

it('the ids of audits stay what they are', async () => {
  const ids = Object.values(DOCUMENTS).flatMap((audits) => audits.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
  await expect(`${ids.join('\n')}\n`).toMatchFileSnapshot('ids.txt');
});

it('every audit says MUST or SHOULD, in a sentence', () => {
  for (const { id, says } of Object.values(DOCUMENTS).flat()) expect(says, id).toMatch(/^[\w ].*(MUST|SHOULD) .*\.$/);
});

describe.each(Object.entries(DOCUMENTS))('%s', (_document, audits) => {
  let machine: FakeNode;
  let gateway: TestGateway;
  let subject: Subject;

  beforeAll(async () => {
    machine = await fakeNode();
    gateway = await startGateway();
    const { host, port, username } = machine.server;
    subject = new Subject(gateway.url, { host, port, username, password: PASSWORD });
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await machine.close();
  });

  it.each(audits.map((audit) => [audit.id, audit.says, audit] as const))('%s: %s', async (_id, _says, audit) => {
    for await (const { state, why } of run([audit], subject)) expect(why ?? state).toBe('kept');
  });
});
