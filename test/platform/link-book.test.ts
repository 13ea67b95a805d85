// The book of links: few transactions, and yet every state of every link is told, in its order.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GantryError } from '../../src/errors.ts';
import type { Connection } from '../../src/fleet/types.ts';
import { LinkBook } from '../../src/platform/link-book.ts';
import { removeAll } from '../../src/platform/records.ts';
import { createTeller } from '../../src/platform/telling.ts';
import { Instance } from '../../src/store/entities/instance.ts';
import { Node } from '../../src/store/entities/node.ts';
import { NodeLink } from '../../src/store/entities/node-link.ts';
import { Keyring } from '../../src/store/keyring.ts';
import { because } from '../../src/store/log/cause.ts';
import { Store } from '../../src/store/store.ts';

const NODES = ['ND1', 'ND2', 'ND3'];

let folder: string;
let store: Store;
let book: LinkBook;
let seconds: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-links-'));
  const columns = () => store.columns();
  const keys = Keyring.open(join(folder, 'keys'));
  store = await Store.open(join(folder, 'store.db'), keys, 'omit', {}, createTeller(columns));
  await store.write(async (em) => {
    const instance = em.create(Instance, { name: 'I' } as never);
    for (const name of NODES) {
      em.create(Node, { name, ipAddress: '::1', username: 'u', credentialKind: 'PASSWORD', instance } as never);
    }
  });
  book = new LinkBook(store, pino({ level: 'silent' }));
  seconds = 0;
});

afterEach(async () => {
  vi.restoreAllMocks();
  await store.close();
  rmSync(folder, { recursive: true });
});

const link = (nodeId: string, state: Connection['state'], more: Partial<Connection> = {}): Connection => ({
  nodeId,
  state,
  since: new Date(1_000 * ++seconds),
  attempts: 0,
  ...more,
});

/** What the log tells of links: node, state, and who did it. */
const told = () =>
  store.log
    .page({ types: ['NODE_CONNECTION'] }, { newestFirst: false, limit: 100 })
    .map(({ subjectId, after, actor }) => [subjectId, JSON.parse(after ?? '{}').state ?? 'gone', actor ?? 'nobody']);

const links = () => store.write(async (em) => em.find(NodeLink, {}, { orderBy: { node: 1 } }));

describe('the book of links', () => {
  it('writes what is told meanwhile together, tells every state of it, and keeps the newest', async () => {
    const write = vi.spyOn(store, 'write');
    for (const node of NODES) book.record(link(node, 'CONNECTING'));
    for (const node of NODES) book.record(link(node, 'CONNECTED'));
    for (const node of NODES) book.measured(node, 1.5);
    book.record(link('ND2', 'UNREACHABLE', { reason: 'LOST', message: 'It is lost.' }));
    book.tried(link('ND2', 'UNREACHABLE', { reason: 'LOST', message: 'It is lost.', attempts: 7 }));
    await book.close();
    expect(write).toHaveBeenCalledTimes(3);
    expect(told()).toEqual([
      ...NODES.map((node) => [node, 'CONNECTING', 'nobody']),
      ...NODES.map((node) => [node, 'CONNECTED', 'nobody']),
      ['ND2', 'UNREACHABLE', 'nobody'],
    ]);
    expect(await links()).toMatchObject([
      { state: 'CONNECTED', latencyMs: 1.5, attempts: 0 },
      { state: 'UNREACHABLE', latencyMs: null, attempts: 7, message: 'It is lost.' },
      { state: 'CONNECTED', latencyMs: 1.5, attempts: 0 },
    ]);
  });

  it('takes a node that was deleted meanwhile for nothing, and writes the others', async () => {
    await store.write((em) => removeAll(em, Node, { id: 2 }));
    for (const node of NODES) book.record(link(node, 'CONNECTING'));
    book.measured('ND2', 1);
    await book.forget('ND2');
    await book.close();
    expect((await links()).map(({ node }) => node.id)).toEqual([1, 3]);
  });

  it('forgets a link after all that was told of it, for whoever asked, and knows it again afterwards', async () => {
    book.record(link('ND1', 'CONNECTING'));
    book.record(link('ND2', 'CONNECTING'));
    book.record(link('ND1', 'CONNECTED'));
    const deed = await because({ actor: 'ann' }, async (deed) => {
      const forgotten = book.forget('ND1');
      book.record(link('ND1', 'CONNECTING'));
      await forgotten;
      return deed;
    });
    await book.close();
    expect(told()).toEqual([
      ['ND1', 'CONNECTING', 'nobody'],
      ['ND2', 'CONNECTING', 'nobody'],
      ['ND1', 'CONNECTED', 'nobody'],
      ['ND1', 'gone', 'ann'],
      ['ND1', 'CONNECTING', 'nobody'],
    ]);
    expect(deed.last).toBe(store.log.head().seq - 1);
    expect((await links()).map(({ state }) => state)).toEqual(['CONNECTING', 'CONNECTING']);
  });

  it('begun by a request that ends a link tells what machines did as done by nobody', async () => {
    book.record(link('ND1', 'CONNECTING'));
    await because({ actor: 'ann' }, () => {
      const forgotten = book.forget('ND1');
      book.record(link('ND2', 'CONNECTING'));
      return forgotten;
    });
    await book.close();
    expect(told().at(-1)).toEqual(['ND2', 'CONNECTING', 'nobody']);
  });

  it('keeps what could not be written, in its order', async () => {
    const write = vi.spyOn(store, 'write');
    write.mockRejectedValueOnce(new GantryError('UNAVAILABLE', 'The disk is full.'));
    book.record(link('ND1', 'CONNECTING'));
    await vi.waitFor(() => expect(write).toHaveBeenCalled(), 30_000);
    book.record(link('ND1', 'CONNECTED'));
    await vi.waitFor(() => expect(told()).toHaveLength(2), 30_000);
    expect(told().map(([, state]) => state)).toEqual(['CONNECTING', 'CONNECTED']);
  });

  it('that is closed says to who waits that it cannot be written', async () => {
    vi.spyOn(store, 'write').mockRejectedValue(new GantryError('UNAVAILABLE', 'The disk is full.'));
    const forgotten = book.forget('ND1');
    const closing = book.close();
    await expect(forgotten).rejects.toThrow('The disk is full.');
    await closing;
  });
});
