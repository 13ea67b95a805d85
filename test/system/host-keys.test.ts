// Host keys of OpenSSH: the set that the server proves to have is remembered, so that a change of algorithm is no change of machine.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testFleet } from '../kit/listener.ts';
import { until } from '../kit/until.ts';
import { can, find } from './needs.ts';
import { makeUser, RealServer, type User } from './servers.ts';

const possible = can('the set of host keys', ['sshd', 'ssh-keygen', 'useradd', 'userdel', 'chpasswd', 'bash'], {
  root: true,
});

describe.skipIf(!possible)('a server with several host keys', () => {
  const server = new RealServer('openssh');
  let user: User;

  beforeAll(() => {
    user = makeUser(find('bash') ?? '');
  });
  afterAll(async () => {
    await server.close();
    await user.remove();
  });

  it('is known by all that it proves, and stays known when it shows another one of them', async () => {
    const [ed25519, ecdsa, rsa] = ['ed25519', 'ecdsa', 'rsa'].map((type) => server.newHostKey(type)) as [
      string,
      string,
      string,
    ];
    server.hostKeyFiles = [ed25519, ecdsa, rsa];
    await server.start();
    await using test = testFleet();
    const { nodeId } = await test.reach(server.target(user));
    const proven = await until('all are proven', () => test.heard.provens[0]?.keys);
    expect(proven.map(({ type }) => type).toSorted()).toEqual(['ecdsa-sha2-nistp256', 'ssh-ed25519', 'ssh-rsa']);
    expect(proven).toContainEqual(test.heard.pins[0]?.keys[0]);

    const restarted = async (keys: readonly string[]) => {
      await server.stop();
      server.hostKeyFiles = keys;
      await until('the loss', () => test.fleet.connection(nodeId)?.state !== 'CONNECTED');
      await server.start();
    };
    await restarted([rsa]);
    await until('CONNECTED by another key', () => test.fleet.connection(nodeId)?.state === 'CONNECTED');
    await restarted([server.newHostKey('ed25519')]);
    await until('HOST_KEY_CHANGED', () => test.fleet.connection(nodeId)?.state === 'HOST_KEY_CHANGED');
  });
});
