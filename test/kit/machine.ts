// A fake machine with a switch: off and on again, with or without what ran on it.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DemoNode, newKeyPair, startDemoNode } from '../../src/demo/node.ts';
import { type FakeNode, fakeNode, PASSWORD } from './node.ts';

export interface Machine {
  readonly node: FakeNode;
  /** Cuts it off; what runs on it runs on. */
  cut(): Promise<void>;
  /** Lets it be reached again, at the same address with the same key. */
  join(): Promise<void>;
  /** Cuts it off and ends all that is kept on it, as a loss of power does; the next boot is another one. */
  powerOff(): Promise<void>;
  /** Ends the keeper of a process by force, and answers with the pid of the process. */
  killKeeper(process: string): number;
  close(): Promise<void>;
}

export async function machineWithSwitch(): Promise<Machine> {
  const hostKey = newKeyPair();
  const node = await fakeNode({ hostKey });
  const { home, server } = node;
  const { port } = server;
  let again: DemoNode | undefined;
  const file = (process: string, name: string) => join(node.folder, 'processes', process, name);
  const words = (process: string, name: string) =>
    existsSync(file(process, name)) ? readFileSync(file(process, name), 'utf8').trim().split(' ') : [];
  const killKeeper = (process: string) => {
    kill(Number(words(process, 'keep')[0]));
    return Number(words(process, 'run')[0]);
  };
  const cut = () => (again ?? server).close();
  return {
    node,
    cut,
    killKeeper,
    join: async () => {
      again = await startDemoNode({ home, port, hostKey, password: PASSWORD, env: { GANTRY_KEEPER_TIDY: '1' } });
    },
    powerOff: async () => {
      await cut();
      const kept = existsSync(join(node.folder, 'processes')) ? readdirSync(join(node.folder, 'processes')) : [];
      for (const process of kept) {
        kill(-killKeeper(process));
        const [pid, ticks, _boot, ...rest] = words(process, 'run');
        // What is left of the former boot: its number is another than that of the machine which runs this.
        if (pid) writeFileSync(file(process, 'run'), `${[pid, ticks, 'a-former-boot', ...rest].join(' ')}\n`);
      }
    },
    close: async () => {
      await again?.close();
      await node.close();
    },
  };
}

function kill(pid: number): void {
  // Never -1 or 0, which mean everybody or oneself.
  if (Number.isNaN(pid) || Math.abs(pid) < 2) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone by itself.
  }
}
