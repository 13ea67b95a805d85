// The small platform of the demonstration: two instances, and processes of different temper.
import { ofTheHouse } from '../platform/actor.ts';
import { createInstance } from '../platform/instances.ts';
import { createIntegration } from '../platform/integrations.ts';
import { createNode } from '../platform/nodes.ts';
import { changeAllServices, changeProcess } from '../platform/operations.ts';
import type { Platform } from '../platform/platform.ts';
import { createProcess } from '../platform/processes.ts';
import { createService } from '../platform/services.ts';
import { addTenantToInstance, createTenant, setIntegrationOfTenant } from '../platform/tenants.ts';
import { createUser } from '../platform/users.ts';
import { Process } from '../store/entities/process.ts';
import type { DemoNode } from './node.ts';

const ACTOR = ofTheHouse('demo');
const START_WAIT_MS = 20_000;

const STEADY = 'while :; do sleep 1; done';
const TALKER = 'n=0; while :; do n=$((n + 1)); echo "tick $n at $(date)"; sleep 2; done';
// Ends with exit code 3, twenty to forty seconds after each start.
const CRASHER = 'sleep "$(( $(od -An -N1 -tu1 /dev/urandom) % 20 + 20 ))"; echo "something broke" >&2; exit 3';

const command = (script: string) => ({ command: ['/bin/sh', '-c', script] });

/** Fills an empty platform and starts all of it. */
export async function createDemoPlatform(
  platform: Platform,
  nodes: readonly DemoNode[],
  password: string,
): Promise<void> {
  const [production, staging] = [
    await createInstance(platform, {
      name: 'Production',
      zk: 'zk1:2181,zk2:2181',
      redis: 'redis://localhost:6379',
      stats: { type: 'graphite', url: 'localhost', port: 2003, prefix: 'production' },
    }),
    await createInstance(platform, { name: 'Staging', zk: 'localhost:2181', redis: 'redis://localhost:6380' }),
  ];
  await createIntegration(platform, { id: 'echo', displayName: 'Echo', definition: { schema: [] } });
  for (const [id, name, instance] of [
    ['acme', 'ACME Corporation', production],
    ['globex', 'Globex', production],
    ['initech', 'Initech', staging],
  ] as const) {
    await createTenant(platform, { id, name, rateLimit: 100 });
    await addTenantToInstance(platform, id, instance);
    await setIntegrationOfTenant(platform, 'echo', id, true);
  }
  await createUser(platform, {
    email: 'ada@example.com',
    name: 'Ada',
    password: 'change me',
    role: 'OPERATOR',
    tenants: ['acme', 'globex'],
  });
  await createUser(platform, {
    email: 'bob@example.com',
    name: 'Bob',
    password: 'change me too',
    tenants: ['initech'],
  });
  for (const [index, instance] of [production, staging].entries()) {
    const server = nodes[index] as DemoNode;
    const node = await createNode(platform, instance, {
      name: `machine-${index + 1}`,
      ipAddress: server.host,
      port: server.port,
      username: server.username,
      password,
    });
    const services = [
      { name: 'steady', type: 'command', options: command(STEADY), count: 2 },
      { name: 'talker', type: 'command', options: command(TALKER), logLevel: 'INFO', count: 1 },
      { name: 'crasher', type: 'command', options: command(CRASHER), restartPolicy: 'ON_FAILURE', count: 1 },
    ];
    for (const { count, ...input } of services) {
      const service = await createService(platform, instance, input);
      for (let each = 0; each < count; each++) await createProcess(platform, { service, node });
    }
    await changeAllServices(platform, ACTOR, 'START', instance, START_WAIT_MS);
  }
}

/** Stops all that runs, also what was added to the demonstration by hand. */
export async function stopDemoPlatform(platform: Platform): Promise<void> {
  const processes = await platform.store.write((em) => em.find(Process, {}));
  await Promise.all(processes.map(({ id }) => changeProcess(platform, ACTOR, 'STOP', id, START_WAIT_MS)));
}
