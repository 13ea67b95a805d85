// The machine that is all nodes of the bench: an OpenSSH server with a user of its own if this machine can, else a fake one.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fakeNode } from '../../kit/node.ts';
import { can, find } from '../../system/needs.ts';
import { keyPair, makeUser, RealServer } from '../../system/servers.ts';

export interface Machine {
  readonly kind: string;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly privateKey: string;
  readonly home: string;
  close(): Promise<void>;
}

const NEEDED = ['sshd', 'ssh-keygen', 'useradd', 'userdel', 'chpasswd', 'sh'];

// Nodes of their own: connections that shared a folder would each look after all the others.
const APART = 'export GANTRY_KEEPER_DIR=$HOME/nodes/$PPID; mkdir -p $HOME/nodes; eval \\"$SSH_ORIGINAL_COMMAND\\"';

/** `apart`: each connection is a node of its own, with a folder of its own. */
export async function openMachine(apart: boolean): Promise<Machine> {
  if (!can('the bench with OpenSSH (a fake SSH server serves instead)', NEEDED, { root: true })) return fakeMachine();
  const user = makeUser(find('sh') ?? '');
  if (apart) writeFileSync(join(user.home, '.ssh/authorized_keys'), `command="${APART}" ${keyPair.public}\n`);
  const server = new RealServer('openssh');
  await server.start();
  const close = async () => {
    await server.close();
    await user.remove();
  };
  return { kind: 'OpenSSH', host: '127.0.0.1', port: server.port, ...login(user.name), home: user.home, close };
}

async function fakeMachine(): Promise<Machine> {
  const node = await fakeNode({ publicKey: keyPair.public });
  const { host, port, username } = node.server;
  return { kind: 'a fake SSH server', host, port, ...login(username), home: node.home, close: node.close };
}

const login = (username: string) => ({ username, privateKey: keyPair.private });
