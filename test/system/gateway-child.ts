// A gateway in a process of its own, to be killed: starts a number of processes on the node that its environment names.
import { pino } from 'pino';
import { Fleet } from '../../src/fleet/fleet.ts';
import type { ProcessSpec } from '../../src/fleet/types.ts';
import { Secret } from '../../src/secret.ts';

export const PROCESSES = 12;

/** A process that sees for itself whether there is a second one of it. */
export const counted = (folder: string, n: number): ProcessSpec => ({
  command: ['sh', '-c', `exec 7>'${folder}/x${n}'; flock -n 7 || echo ${n} >>'${folder}/double'; exec sleep 1000`],
  env: {},
  restart: 'NEVER',
});

async function main(port: number, folder: string, password: string): Promise<void> {
  const told = () => {};
  const kept = async () => {};
  const listener = {
    pin: kept,
    proven: kept,
    connection: told,
    tried: told,
    measured: told,
    snapshot: told,
    observed: told,
  };
  const fleet = new Fleet({ listener, log: pino({ level: 'silent' }) });
  fleet.watch({ id: 'ND1', host: '127.0.0.1', port, username: 'gantry', password: new Secret(password), hostKeys: [] });
  const numbers = Array.from({ length: PROCESSES }, (_, n) => n);
  await Promise.all(numbers.map((n) => fleet.start('ND1', `g${n}`, counted(folder, n), { timeoutMs: 30_000 })));
}

const { PORT, HOME_OF_NODE, PASSWORD } = process.env;
if (process.argv[1]?.endsWith('gateway-child.ts')) await main(Number(PORT), HOME_OF_NODE ?? '', PASSWORD ?? '');
