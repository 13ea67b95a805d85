// Service types: what the processes of a service run. The catalogue comes from a YAML file; the type `command` is built in.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { z } from 'zod';
import { badInput, GantryError } from '../errors.ts';
import { TYPE_HEALTH } from './health-checks.ts';
import { template } from './placeholders.ts';

export const STOP_SIGNALS = ['TERM', 'INT', 'QUIT', 'HUP', 'USR1', 'USR2', 'KILL'] as const;

const DEFAULT_GRACE_SECONDS = 10;
const DEFAULT_SETTLE_SECONDS = 0.5;

// Going back to one of the last two versions takes no copy; more would fill the disks of nodes.
const DEFAULT_KEPT_VERSIONS = 2;

const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

const envValue = z.union([z.string(), z.number(), z.boolean()]).transform(String).pipe(template());

const stop = z
  .strictObject({
    signal: z.enum(STOP_SIGNALS).default('TERM'),
    graceSeconds: z.number().min(0).max(3600).default(DEFAULT_GRACE_SECONDS),
  })
  .default({ signal: 'TERM', graceSeconds: DEFAULT_GRACE_SECONDS });

/** A file or folder on the gateway's host, from the catalogue's own folder on if it is relative. */
const artifact = z.union([
  z
    .string()
    .min(1)
    .transform((path) => ({ path, keep: DEFAULT_KEPT_VERSIONS })),
  z.strictObject({ path: z.string().min(1), keep: z.number().int().min(0).max(20).default(DEFAULT_KEPT_VERSIONS) }),
]);

const FIELDS = z.strictObject({
  description: z.string().optional(),
  command: z.array(template()).min(1).optional(),
  cwd: template().optional(),
  env: z
    .record(z.string(), envValue)
    .refine((env) => Object.keys(env).every((name) => ENV_NAME.test(name)), 'has a name that no environment can have')
    .default({}),
  stop,
  /** How long a started process has to stay up for its start to have succeeded. */
  settleSeconds: z.number().min(0).max(600).default(DEFAULT_SETTLE_SECONDS),
  artifact: artifact.optional(),
  health: TYPE_HEALTH.optional(),
  options: z.record(z.string(), z.unknown()).optional(),
});

const TYPE = FIELDS.superRefine(({ artifact, command, cwd, env }, context) => {
  const texts = [...(command ?? []), cwd ?? '', ...Object.values(env)];
  if (artifact || !texts.some((text) => /(^|[^$])\$\{artifact\}/.test(text))) return;
  context.addIssue({ code: 'custom', message: 'uses the placeholder artifact, and names no artifact' });
});
const CATALOGUE = z.strictObject({ types: z.record(z.string(), TYPE) });

/** A type as the catalogue file has it; words and values may hold `${options.port}` and the like. */
export type ServiceType = z.output<typeof TYPE>;

/** What is copied to a node before a start. `keep` is how many versions stay that nothing uses any longer. */
export type ArtifactSource = NonNullable<ServiceType['artifact']>;

/** The built-in type: its options say what to run, word by word, without placeholders. */
export const COMMAND_TYPE = 'command';

const COMMAND_OPTIONS = {
  type: 'object',
  properties: {
    command: { type: 'array', items: { type: 'string' }, minItems: 1, prefixItems: [{ type: 'string', minLength: 1 }] },
    cwd: { type: 'string' },
    env: { type: 'object', propertyNames: { pattern: ENV_NAME.source }, additionalProperties: { type: 'string' } },
  },
};

export class ServiceTypes {
  readonly #types: ReadonlyMap<string, ServiceType>;
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(
    types: Readonly<Record<string, ServiceType>>,
    /** Where the catalogue is, or the setting that would say so: for messages. */
    private readonly origin: string,
  ) {
    this.#types = new Map(Object.entries(types));
    // Coercing or filling in defaults would change what was given; unknown formats are notes, not checks.
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    this.#validators.set(COMMAND_TYPE, ajv.compile(COMMAND_OPTIONS));
    for (const [name, type] of this.#types) if (type.options) this.#validators.set(name, ajv.compile(type.options));
  }

  /** Reads the catalogue. Without a path there is only `command`. Throws UNAVAILABLE that names what is wrong where. */
  static load(path: string | undefined): ServiceTypes {
    if (path === undefined) return new ServiceTypes({}, 'a catalogue file named by GANTRY_SERVICE_TYPES');
    if (!existsSync(path)) throw unusable(path, 'it does not exist');
    try {
      const result = CATALOGUE.safeParse(parse(readFileSync(path, 'utf8')));
      if (!result.success) throw new Error(z.prettifyError(result.error));
      if (COMMAND_TYPE in result.data.types) throw new Error(`the type ${COMMAND_TYPE} is built in`);
      return new ServiceTypes(withPlaces(result.data.types, dirname(resolve(path))), path);
    } catch (error) {
      throw unusable(path, (error as Error).message);
    }
  }

  get names(): string[] {
    return [COMMAND_TYPE, ...this.#types.keys()];
  }

  get(name: string): ServiceType | undefined {
    return this.#types.get(name);
  }

  /** Throws BAD_USER_INPUT if the type has a schema and the options do not fit it. A type that is not in the catalogue takes any. */
  checkOptions(name: string, options: unknown, field: string): void {
    const validate = this.#validators.get(name);
    if (!validate || validate(options)) return;
    const error = validate.errors?.[0];
    const at = error?.instancePath.replaceAll('/', '.') ?? '';
    throw badInput(`The options do not fit the type ${name}: ${`options${at}`} ${error?.message}.`, field + at);
  }

  /** The failure of a start whose type has nothing to run: says what to configure, and where. */
  notStartable(name: string, service: string): GantryError {
    const hint =
      name === COMMAND_TYPE
        ? `set options.command of service ${service} to a list of words, as in ["/usr/bin/python3", "-m", "http.server"]`
        : `give the type ${JSON.stringify(name)} a command in ${this.origin}, or use the type "${COMMAND_TYPE}" with options.command`;
    return new GantryError(
      'NOT_STARTABLE',
      `Service ${service} of type ${JSON.stringify(name)} has nothing to run: ${hint}.`,
      'type',
    );
  }
}

function withPlaces(types: Record<string, ServiceType>, folder: string): Record<string, ServiceType> {
  const place = (type: ServiceType) =>
    type.artifact ? { ...type, artifact: { ...type.artifact, path: resolve(folder, type.artifact.path) } } : type;
  return Object.fromEntries(Object.entries(types).map(([name, type]) => [name, place(type)]));
}

const unusable = (path: string, why: string) =>
  new GantryError('UNAVAILABLE', `The catalogue of service types ${path} cannot be used: ${why}`);
