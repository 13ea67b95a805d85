// What to run for a process: the words, directory and environment that its service type, service, instance and node make.
import { GantryError } from '../errors.ts';
import type { ProcessSpec, StopSignal } from '../fleet/types.ts';
import type { Instance } from '../store/entities/instance.ts';
import type { Node } from '../store/entities/node.ts';
import type { Process } from '../store/entities/process.ts';
import type { Service } from '../store/entities/service.ts';
import { publicId } from '../store/ids.ts';
import type { Brought } from './artifacts.ts';
import { healthCheckOf } from './health-checks.ts';
import { paceOf } from './restarts.ts';
import { COMMAND_TYPE, type ServiceType, type ServiceTypes } from './service-types.ts';

export interface Surroundings {
  readonly processId: string;
  readonly instance: Instance;
  readonly service: Service;
  readonly node: Node;
}

/** Of a process that was read with its instance, service and node. */
export const surroundings = (process: Process): Surroundings => ({
  processId: process.id,
  instance: process.instance.unwrap(),
  service: process.service.unwrap(),
  node: process.node.unwrap(),
});

export interface RunSpec {
  readonly spec: ProcessSpec;
  readonly stopSignal: StopSignal;
  readonly graceMs: number;
  /** How long it has to stay up for the start to have succeeded. */
  readonly settleMs: number;
}

const COMMAND_DEFAULTS = { stopSignal: 'TERM', graceMs: 10_000, settleMs: 500 } as const;
const ADDRESSES = ['zk', 'redis', 'auth', 'api', 'events'] as const;

// Where it will be, nobody knows before it is there; all else can be told.
const NOT_YET: Brought = { hash: '', path: '/' };

/** Throws NOT_STARTABLE that says what to configure, or CONFLICT for a closed node. No value is pasted into a shell: words stay words. */
export function runSpec(types: ServiceTypes, around: Surroundings, brought: Brought = NOT_YET): RunSpec {
  const { service } = around;
  expectOpen(around.node);
  const options = JSON.parse(service.options) as Record<string, unknown>;
  const standard = environment(around, options);
  const pace = paceOf(service);
  const restart = { restart: service.restartPolicy, ...(pace && { pace }) };
  const lookedAt = (type: ServiceType | undefined, fill: (text: string) => string) => {
    const health = healthCheckOf(service, type?.health, fill);
    return health && { health };
  };
  if (service.type === COMMAND_TYPE) {
    const { command, cwd, env } = options as { command?: string[]; cwd?: string; env?: Record<string, string> };
    if (!command) throw types.notStartable(service.type, publicId('Service', service.id));
    return {
      ...COMMAND_DEFAULTS,
      spec: {
        command,
        ...(cwd ? { cwd } : {}),
        env: { ...standard, ...env },
        ...restart,
        ...lookedAt(undefined, (text) => fillIn(text, around, options, undefined)),
      },
    };
  }
  const type = types.get(service.type);
  if (!type?.command) throw types.notStartable(service.type, publicId('Service', service.id));
  const artifact = type.artifact && brought;
  const fill = (text: string) => fillIn(text, around, options, artifact?.path);
  const env = Object.fromEntries(Object.entries(type.env).map(([name, value]) => [name, fill(value)]));
  return {
    spec: {
      command: type.command.map(fill),
      ...(type.cwd ? { cwd: fill(type.cwd) } : {}),
      env: { ...standard, ...artifactEnvironment(artifact), ...env },
      ...restart,
      ...lookedAt(type, fill),
    },
    stopSignal: type.stop.signal,
    graceMs: type.stop.graceSeconds * 1000,
    settleMs: type.settleSeconds * 1000,
  };
}

/** Throws CONFLICT for a node that its `status` closes for deployment. */
export function expectOpen(node: Node): void {
  if (node.status) return;
  const id = publicId('Node', node.id);
  throw new GantryError(
    'CONFLICT',
    `Node ${id} takes no processes and no starts: its status is false. Set it to true first.`,
    'node',
  );
}

/** What every process finds in its environment: GANTRY_INSTANCE_ID, GANTRY_OPTION_PORT, GANTRY_LOG_LEVEL and their kin. */
function environment(
  { processId, instance, service, node }: Surroundings,
  options: Record<string, unknown>,
): Record<string, string> {
  const env: Record<string, string> = {
    GANTRY_INSTANCE_ID: publicId('Instance', instance.id),
    GANTRY_SERVICE_ID: publicId('Service', service.id),
    GANTRY_SERVICE_TYPE: service.type,
    GANTRY_NODE_ID: publicId('Node', node.id),
    GANTRY_PROCESS_ID: processId,
  };
  if (service.logLevel) env.GANTRY_LOG_LEVEL = service.logLevel.toLowerCase();
  for (const name of ADDRESSES) if (instance[name]) env[`GANTRY_INSTANCE_${name.toUpperCase()}`] = instance[name];
  // The words of the built-in type are what runs, not settings of it.
  const settings = Object.entries(options).filter(
    ([name]) => service.type !== COMMAND_TYPE || !['command', 'cwd', 'env'].includes(name),
  );
  for (const [name, value] of settings) env[`GANTRY_OPTION_${environmentName(name)}`] = asText(value);
  return env;
}

const artifactEnvironment = (artifact: Brought | undefined) =>
  artifact ? { GANTRY_ARTIFACT: artifact.path, GANTRY_ARTIFACT_VERSION: artifact.hash } : {};

/** `token-ttl` and `tokenTtl` both become TOKEN_TTL. */
function environmentName(option: string): string {
  return option
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase();
}

const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** Replaces `${options.port}`, `${instance.zk}`, `${node.ipAddress}`, `${service.name}`, `${process.id}`, `${logLevel}`, `${artifact}`; `$${` stays `${`. */
function fillIn(
  text: string,
  around: Surroundings,
  options: Record<string, unknown>,
  artifact: string | undefined,
): string {
  const { instance, service, node } = around;
  const scope: Record<string, unknown> = {
    options,
    instance: { ...pick(instance, [...ADDRESSES, 'name']), id: publicId('Instance', instance.id) },
    service: { ...pick(service, ['name', 'type']), id: publicId('Service', service.id) },
    node: { ...pick(node, ['name', 'ipAddress', 'username']), id: publicId('Node', node.id) },
    process: { id: around.processId },
    logLevel: service.logLevel?.toLowerCase(),
    artifact,
  };
  return text.replace(/\$?\$\{([^{}]*)\}/g, (whole, path: string) => {
    if (whole.startsWith('$$')) return whole.slice(1);
    const value = dig(scope, path.split('.'));
    if (value === undefined || value === null) {
      throw new GantryError(
        'NOT_STARTABLE',
        `Service ${publicId('Service', service.id)} cannot run: its type needs ${path}, which is not set.`,
        path,
      );
    }
    return asText(value);
  });
}

const pick = <T extends object>(from: T, names: readonly (keyof T)[]) =>
  Object.fromEntries(names.map((name) => [name, from[name]]));

// Own properties only: `${options.constructor}` is an option that is not set.
function dig(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, step)
        ? (at as Record<string, unknown>)[step]
        : undefined,
    value,
  );
}
