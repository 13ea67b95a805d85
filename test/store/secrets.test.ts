// Secrets: sealed in the store, bound to their place, hashed where they need not be read again, and never shown.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/secret.ts';
import { Keyring } from '../../src/store/keyring.ts';
import { hashPassword, verifyPassword } from '../../src/store/passwords.ts';
import { startGateway } from '../kit/gateway.ts';
import { fakeNode } from '../kit/node.ts';
import { createWorld } from '../kit/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'gantry-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a secret in memory', () => {
  it('shows itself to nobody but reveal()', () => {
    const secret = new Secret('hunter2');
    const shown = [
      `${secret}`,
      JSON.stringify({ secret }),
      inspect({ a: [secret] }, { showHidden: true, depth: 9 }),
      format('%s %o %j', secret, secret, secret),
    ];
    shown.push(
      String(secret),
      JSON.stringify({ ...secret }),
      Object.getOwnPropertyNames(secret).join(),
      new Error(`bad ${secret}`).message,
    );
    for (const text of shown) expect(text).not.toContain('hunter2');
    expect(secret.reveal()).toBe('hunter2');
  });
});

describe('a sealed value', () => {
  const keys = Keyring.open(join(folder, 'keys'));

  it('opens where it was sealed, and nowhere else', () => {
    const sealed = keys.seal('node:1:password', new Secret('bütter$$'));
    expect(sealed).not.toContain('bütter');
    expect(keys.open('node:1:password', sealed).reveal()).toBe('bütter$$');
    expect(() => keys.open('node:2:password', sealed)).toThrow('does not open');
    expect(() => keys.open('node:1:password', `${sealed.slice(0, -2)}AA`)).toThrow('does not open');
    expect(() => keys.open('node:1:password', 'plain')).toThrow('is not sealed');
  });

  it('sealed by an older key still opens after a new one was put in front', () => {
    const file = join(folder, 'rotated');
    const old = Keyring.open(file);
    const sealed = old.seal('a', new Secret('x'));
    writeFileSync(file, `k2 ${Buffer.alloc(32, 7).toString('base64')}\n# the old one\n${readFileSync(file, 'utf8')}`);
    const both = Keyring.open(file);
    expect(both.open('a', sealed).reveal()).toBe('x');
    expect(both.seal('a', new Secret('x'))).toMatch(/^v1\.k2\./);
    expect(() => keys.open('a', both.seal('a', new Secret('x')))).toThrow('not in the key file');
  });

  it('has a key file that others cannot read, or none is used', () => {
    const file = join(folder, 'open');
    Keyring.open(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    chmodSync(file, 0o640);
    expect(() => Keyring.open(file)).toThrow('chmod 600');
  });
});

describe('a password of a user', () => {
  it('is stored as a hash that only the same password fits', async () => {
    const stored = await hashPassword(new Secret('pässword'));
    expect(stored).toMatch(/^scrypt\$15\$8\$3\$/);
    expect(await verifyPassword(new Secret('pässword'), stored)).toBe(true);
    expect(await verifyPassword(new Secret('pa\u0308ssword'), stored)).toBe(true);
    expect(await verifyPassword(new Secret('password'), stored)).toBe(false);
  });
});

describe('secrets that were given to a gateway', () => {
  it('are in no file of it, no log, no answer', async () => {
    const canary = 'canary-0b9e';
    await using machine = await fakeNode({ password: `${canary}-node` });
    await using gateway = await startGateway();
    const world = await createWorld(gateway);
    const answers: unknown[] = [];
    const node = await world.node(machine, { password: `${canary}-node`, passphrase: `${canary}-phrase` });
    const user = { email: 'a@b', name: 'A', password: `${canary}-user` };
    answers.push(
      await gateway.run(
        'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { email clientId } } }',
        { input: user },
      ),
    );
    answers.push(
      await gateway.run(
        'mutation ($id: ID!) { pingNode(id: $id) { reachable message node { credentialKind credentialSetAt } } }',
        { id: node },
      ),
    );
    const id = await world.process(await world.service(['sleep', '100']), node);
    answers.push(await world.change('startProcess', id));
    answers.push(
      await gateway.run(
        'mutation ($id: ID!, $p: String) { updateNode(id: $id, input: { password: $p }) { node { id } } }',
        { id: node, p: `${canary}-other` },
      ),
    );
    answers.push(await world.change('restartProcess', id), await world.look(id));
    await gateway.stop();
    expect(JSON.stringify(answers)).not.toContain(canary);
    expect(gateway.log()).not.toContain(canary);
    for (const file of readdirSync(gateway.folder))
      expect(readFileSync(join(gateway.folder, file), 'latin1')).not.toContain(canary);
  });
});
