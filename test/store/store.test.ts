// The store: its schema is what the entities say, a newer or broken file is refused in a sentence, and a transaction is all or nothing.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Tenant } from '../../src/store/entities/tenant.ts';
import { publicId, storedId } from '../../src/store/ids.ts';
import { Keyring } from '../../src/store/keyring.ts';
import { Store } from '../../src/store/store.ts';
import { fc } from '../kit/property.ts';

let folder: string;
let keys: Keyring;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-store-'));
  keys = Keyring.open(join(folder, 'keys'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const open = (name: string) => Store.open(join(folder, name), keys);

describe('a store', () => {
  it('has, after its migrations, exactly the schema that the entities say', async () => {
    const store = await open('new.db');
    expect(await store.schemaDrift()).toBe('');
    await store.close();
  });

  it('keeps what was committed, in a file with a write-ahead log and full synchronisation', async () => {
    const store = await open('kept.db');
    await store.write(async (em) => void em.create(Tenant, { id: 't', name: 'T' } as never));
    await store.close();
    const again = await open('kept.db');
    expect(again.reader.get('select name from tenant', [])).toBe('T');
    expect(again.reader.get('pragma journal_mode', [])).toBe('wal');
    await again.close();
  });

  it('undoes a transaction that fails, and goes on', async () => {
    const store = await open('undone.db');
    const failing = store.write(async (em) => {
      em.create(Tenant, { id: 't', name: 'T' } as never);
      await em.flush();
      throw new Error('half way');
    });
    await expect(failing).rejects.toThrow('half way');
    await Promise.all(
      ['a', 'b', 'c'].map((id) => store.write(async (em) => void em.create(Tenant, { id, name: id } as never))),
    );
    expect(store.reader.get('select group_concat(id) from tenant', [])).toBe('a,b,c');
    await store.close();
  });

  it('that was closed stays closed', async () => {
    const store = await open('closed.db');
    await store.close();
    await expect(store.write(async () => {})).rejects.toThrow('The store is closed');
    await (await open('closed.db')).close();
  });

  it('that a newer version wrote is refused with what to do', async () => {
    await (await open('newer.db')).close();
    const database = new Database(join(folder, 'newer.db'));
    database.prepare(`insert into mikro_orm_migrations (name, executed_at) values ('9999-from-the-future', 0)`).run();
    database.close();
    await expect(open('newer.db')).rejects.toThrow(/newer Gantry.*9999-from-the-future/);
  });

  it('that is open in one gateway is refused to a second, and free again after the first', async () => {
    const store = await open('shared.db');
    await expect(open('shared.db')).rejects.toThrow(/shared\.db is open in another gateway/);
    await store.close();
    await (await open('shared.db')).close();
  });

  it('that is no database is refused in a sentence', async () => {
    writeFileSync(
      join(folder, 'broken.db'),
      'this is not a database, and it is long enough to be looked at as one'.repeat(50),
    );
    await expect(open('broken.db')).rejects.toThrow(/broken\.db cannot be used: .*not a database/);
  });
});

describe('public ids', () => {
  it('of any number lead back to it, and nothing else is one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 45 }), fc.string({ maxLength: 8 }), (number, text) => {
        expect(storedId('Node', publicId('Node', number))).toBe(number);
        expect(storedId('Instance', publicId('Node', number))).toBeUndefined();
        if (!/^ND[1-9]\d*$/.test(text)) expect(storedId('Node', text)).toBeUndefined();
      }),
    );
    for (const odd of ['ND0', 'ND01', 'nd1', 'ND1 ', 'ND-1', 'ND1e3', 'ND9999999999999999'])
      expect(storedId('Node', odd)).toBeUndefined();
  });
});
