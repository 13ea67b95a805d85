// The settings: the only reader of the environment. Every mistake in them is told at once.
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { GantryError } from './errors.ts';
import { Networks } from './networks.ts';
import { ACCESS_MODES, type AccessMode } from './platform/access.ts';
import { SUPERVISOR_MODES, type SupervisorMode } from './platform/differences.ts';
import { HOST_KEY_POLICIES, type HostKeyPolicy } from './platform/host-keys.ts';
import { PASSWORD_DISPLAYS, type PasswordDisplay } from './store/shown-secrets.ts';

export const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const SWITCH = ['on', 'off'] as const;
// What a token may send where one is asked for: a hundred a second.
const REQUESTS_PER_MINUTE = 6_000;

const SETTINGS = z.object({
  GANTRY_HOST: z.string().min(1, 'must be an address to listen on, as in 127.0.0.1').default('127.0.0.1'),
  GANTRY_PORT: port().default(4000),
  GANTRY_DATA: z.string().min(1, 'must be a folder').default('./data'),
  DATABASE_URL: z
    .string()
    .regex(/^sqlite:.+/, 'must be sqlite: and a file, as in sqlite:./data/gantry.db (PostgreSQL is not served yet)')
    .optional(),
  GANTRY_KEY_FILE: z.string().min(1, 'must be a file').optional(),
  GANTRY_SERVICE_TYPES: z.string().min(1, 'must be a file').optional(),
  GANTRY_NODE_PASSWORDS: z.enum(PASSWORD_DISPLAYS, `must be one of ${PASSWORD_DISPLAYS.join(', ')}`).optional(),
  GANTRY_NODE_NETWORKS: networks().optional(),
  GANTRY_HOST_KEYS: z.enum(HOST_KEY_POLICIES, `must be one of ${HOST_KEY_POLICIES.join(', ')}`).default('accept-new'),
  GANTRY_ALLOWED_HOSTS: z
    .string()
    .regex(/^[^\s,/]+(\s*,\s*[^\s,/]+)*$/, 'must be names of this gateway, comma separated, as in gantry.example.com')
    .optional(),
  GANTRY_SUPERVISOR: z.enum(SUPERVISOR_MODES, `must be one of ${SUPERVISOR_MODES.join(', ')}`).default('on'),
  GANTRY_ACCESS: z.enum(ACCESS_MODES, `must be one of ${ACCESS_MODES.join(', ')}`).default('open'),
  GANTRY_OPEN_TO_ALL: z
    .literal('yes', 'must be yes, or not set: yes lets whoever reaches the gateway do everything')
    .optional(),
  GANTRY_MAX_COST: count('rows', 9).default(500_000),
  GANTRY_REQUESTS_PER_MINUTE: count('requests, 0 for no limit', 9).optional(),
  GANTRY_INTROSPECTION: z.enum(SWITCH, 'must be on or off').default('on'),
  GANTRY_TRUSTED_DOCUMENTS: z.string().min(1, 'must be a folder').optional(),
  GANTRY_TLS_CERT: z.string().min(1, 'must be a file').optional(),
  GANTRY_TLS_KEY: z.string().min(1, 'must be a file').optional(),
  GANTRY_EVENTS_DAYS: count('days, at least 1', 5, 1).default(30),
  GANTRY_EVENTS_MAX: count('events, at least 1', 9, 1).default(1_000_000),
  GANTRY_LOG_LEVEL: z.enum(LEVELS, `must be one of ${LEVELS.join(', ')}`).default('info'),
  GANTRY_SHUTDOWN_SECONDS: z
    .string()
    .regex(/^\d{1,3}(\.\d+)?$/, 'must be a number of seconds, below 1000')
    .transform(Number)
    .default(10),
});

type Settings = z.output<typeof SETTINGS>;

// What a gateway finds that is itself run by a gateway.
const OF_A_PROCESS = /^GANTRY_(INSTANCE_|SERVICE_ID|SERVICE_TYPE$|NODE_ID|PROCESS_ID|OPTION_|ARTIFACT|ID$|TOKEN$)/;

export interface Config {
  readonly host: string;
  readonly port: number;
  /** The SQLite file. */
  readonly database: string;
  readonly keyFile: string;
  /** The catalogue of service types. */
  readonly serviceTypes: string | undefined;
  /** How `/1.0` shows the passwords of nodes. */
  readonly nodePasswords: PasswordDisplay;
  /** Where nodes may be; anywhere if not set. */
  readonly nodeNetworks: Networks | undefined;
  /** What becomes of a node's host key at first contact. */
  readonly hostKeys: HostKeyPolicy;
  /** Names that the gateway is called by, beyond the address it listens on. */
  readonly allowedHosts: readonly string[];
  /** Whether differences between what is wanted and what is are put right, or only told. */
  readonly supervisor: SupervisorMode;
  /** Whether callers have to say who they are. */
  readonly access: AccessMode;
  /** Rows that a document could read at most, if all of its pages were full. */
  readonly maxCost: number;
  /** Requests of a token, or of an address without one; 0 is no limit. */
  readonly requestsPerMinute: number;
  /** Whether the schema may be asked for, and GraphiQL is shown. */
  readonly introspection: boolean;
  /** A folder with the only documents that are answered. */
  readonly trustedDocuments: string | undefined;
  /** Files with the certificate and its key. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** How long, and how many, events are kept. */
  readonly events: { readonly days: number; readonly most: number };
  readonly logLevel: (typeof LEVELS)[number];
  /** Milliseconds that running requests are given when the gateway closes. */
  readonly shutdownMs: number;
}

/** Throws BAD_USER_INPUT with a line for each setting that is wrong or unknown. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  // An empty variable is one that is not set.
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const unknown = Object.keys(given).filter(
    (name) => name.startsWith('GANTRY_') && !(name in SETTINGS.shape) && !OF_A_PROCESS.test(name),
  );
  const result = SETTINGS.safeParse(given);
  const mistakes = [
    ...(result.success ? [] : result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`)),
    ...unknown.map((name) => `${name} is not a setting`),
    ...(result.success ? [...risks(result.data), ...halves(result.data)] : []),
  ];
  if (!result.success || mistakes.length > 0) {
    throw new GantryError(
      'BAD_USER_INPUT',
      `The settings are not right:\n${mistakes.map((line) => `  ${line}`).join('\n')}`,
    );
  }
  const { data } = result;
  const folder = resolve(data.GANTRY_DATA);
  return {
    host: data.GANTRY_HOST,
    port: data.GANTRY_PORT,
    database: resolve(data.DATABASE_URL?.slice('sqlite:'.length) ?? join(folder, 'gantry.db')),
    keyFile: resolve(data.GANTRY_KEY_FILE ?? join(folder, 'keys')),
    serviceTypes: data.GANTRY_SERVICE_TYPES && resolve(data.GANTRY_SERVICE_TYPES),
    // In clear, as documented, only where nobody beyond this machine can ask.
    nodePasswords: data.GANTRY_NODE_PASSWORDS ?? (isLoopback(data.GANTRY_HOST) ? 'clear' : 'masked'),
    nodeNetworks: data.GANTRY_NODE_NETWORKS,
    hostKeys: data.GANTRY_HOST_KEYS,
    allowedHosts: data.GANTRY_ALLOWED_HOSTS?.split(',').map((name) => name.trim().toLowerCase()) ?? [],
    supervisor: data.GANTRY_SUPERVISOR,
    access: data.GANTRY_ACCESS,
    maxCost: data.GANTRY_MAX_COST,
    requestsPerMinute: data.GANTRY_REQUESTS_PER_MINUTE ?? (data.GANTRY_ACCESS === 'token' ? REQUESTS_PER_MINUTE : 0),
    introspection: data.GANTRY_INTROSPECTION === 'on',
    trustedDocuments: data.GANTRY_TRUSTED_DOCUMENTS && resolve(data.GANTRY_TRUSTED_DOCUMENTS),
    tls:
      data.GANTRY_TLS_CERT && data.GANTRY_TLS_KEY
        ? { cert: resolve(data.GANTRY_TLS_CERT), key: resolve(data.GANTRY_TLS_KEY) }
        : undefined,
    events: { days: data.GANTRY_EVENTS_DAYS, most: data.GANTRY_EVENTS_MAX },
    logLevel: data.GANTRY_LOG_LEVEL,
    shutdownMs: data.GANTRY_SHUTDOWN_SECONDS * 1000,
  };
}

/** The combinations that are refused because of what they would let happen. */
function risks({ GANTRY_HOST: host, GANTRY_ACCESS: access, GANTRY_OPEN_TO_ALL: isMeant }: Settings): string[] {
  if (access === 'token' || isLoopback(host) || isMeant) return [];
  return [
    `GANTRY_HOST ${host} can be reached by others, and with GANTRY_ACCESS=open each of them could start and stop everything: set GANTRY_ACCESS=token, or, if that is meant, GANTRY_OPEN_TO_ALL=yes`,
  ];
}

const isLoopback = (host: string) => /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i.test(host);

function networks() {
  return z.string().transform((text, context) => {
    try {
      return Networks.of(text.split(',').map((word) => word.trim()));
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
      return z.NEVER;
    }
  });
}

const halves = ({ GANTRY_TLS_CERT: cert, GANTRY_TLS_KEY: key }: Settings): string[] =>
  (cert === undefined) === (key === undefined) ? [] : ['GANTRY_TLS_CERT and GANTRY_TLS_KEY are set together'];

function count(what: string, digits: number, least = 0) {
  const message = `must be a number of ${what}`;
  return z
    .string()
    .regex(new RegExp(`^\\d{1,${digits}}$`), message)
    .transform(Number)
    .refine((number) => number >= least, message);
}

function port() {
  const message = 'must be a port, from 0 (any that is free) to 65535';
  return z
    .string()
    .regex(/^\d{1,5}$/, message)
    .transform(Number)
    .refine((number) => number <= 65535, message);
}
