// Health checks: what may be asked for, by a type of the catalogue or by a service, and what the node is told.
import { z } from 'zod';
import { GantryError } from '../errors.ts';
import type { HealthCheck, HealthProbe } from '../fleet/types.ts';
import { HEALTH_CHECK_KINDS, type HealthCheckKind, type Service } from '../store/entities/service.ts';
import { address } from './check.ts';
import { DAY_MS, duration, durationMs } from './durations.ts';
import { hasPlaceholder, template } from './placeholders.ts';

export const HEALTH_DEFAULTS = {
  host: '127.0.0.1',
  path: '/',
  expectedStatus: '200-299',
  intervalMs: 10_000,
  timeoutMs: 2_000,
  healthyThreshold: 1,
  unhealthyThreshold: 3,
  startPeriodMs: 10_000,
} as const;

const MAX_COMMAND = 10_000;
const PATH = /^\/[\x21-\x7e]{0,1999}$/;
const PORT = /^[0-9]{1,5}$/;
const STATUS = /^([1-9]\d\d)(?:-([1-9]\d\d))?$/;

const isPort = (text: string) => PORT.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
const isHost = (text: string) => address().safeParse(text).success;
/** What is still to be filled in is looked at when it is. */
const filledOr = (holds: (text: string) => boolean) => (text: string) => hasPlaceholder(text) || holds(text);

const PORT_RULE = 'must be a whole number from 1 to 65535';
const HOST_RULE = 'must be an IP address or a host name';
const PATH_RULE = 'must begin with "/" and have at most 2000 printable ASCII characters without blanks';

const status = z
  .union([z.string(), z.number().transform(String)])
  .refine((text) => STATUS.test(text) && statusRange(text)[0] <= statusRange(text)[1], {
    message: 'must be a status or a range of them, as in 200 or 200-399',
  });

function statusRange(text: string): [number, number] {
  const [, from = '', to = from] = STATUS.exec(text) ?? [];
  return [Number(from), Number(to)];
}

/** What is looked at: the same words for types and for services. */
const TARGET = {
  host: template().refine(filledOr(isHost), HOST_RULE).nullish(),
  port: z
    .union([template(), z.number().transform(String)])
    .refine(filledOr(isPort), PORT_RULE)
    .nullish(),
  path: template()
    .refine(
      filledOr((text) => PATH.test(text)),
      PATH_RULE,
    )
    .nullish(),
  expectedStatus: status.nullish(),
  command: z
    .array(template().refine((word) => !word.includes('\0'), 'must not contain NUL'))
    .min(1, 'must have at least one word')
    .refine((words) => words[0] !== '', 'must begin with a program')
    .refine((words) => words.join(' ').length <= MAX_COMMAND, `must have at most ${MAX_COMMAND} characters`)
    .nullish(),
};

const threshold = () => z.int().min(1, 'must be at least 1').max(100, 'must be at most 100').nullish();
const THRESHOLDS = { healthyThreshold: threshold(), unhealthyThreshold: threshold() };

type Word = keyof typeof TARGET;
const GOES_WITH: Readonly<Record<HealthCheckKind, readonly Word[]>> = {
  NONE: [],
  TCP: ['host', 'port'],
  HTTP: ['host', 'port', 'path', 'expectedStatus'],
  COMMAND: ['command'],
};
const NEEDED: Readonly<Record<HealthCheckKind, readonly Word[]>> = {
  NONE: [],
  TCP: ['port'],
  HTTP: ['port'],
  COMMAND: ['command'],
};

/** Each kind has its own words: one of another kind would be taken for something that is looked at. */
function fits(check: { kind: HealthCheckKind } & { [Each in Word]?: unknown }, context: z.core.$RefinementCtx): void {
  for (const word of Object.keys(TARGET) as Word[]) {
    const isGiven = check[word] !== undefined && check[word] !== null;
    if (isGiven && !GOES_WITH[check.kind].includes(word))
      context.addIssue({ code: 'custom', path: [word], message: `does not go with the kind ${check.kind}` });
    else if (!isGiven && NEEDED[check.kind].includes(word))
      context.addIssue({ code: 'custom', path: [word], message: `is needed for the kind ${check.kind}` });
  }
}

/** As a type of the catalogue has it. */
export const TYPE_HEALTH = z
  .strictObject({
    kind: z.enum(['TCP', 'HTTP', 'COMMAND']),
    ...TARGET,
    ...THRESHOLDS,
    intervalSeconds: z.number().min(1).max(86_400).optional(),
    timeoutSeconds: z.number().min(0.1).max(60).optional(),
    startPeriodSeconds: z.number().min(0).max(3_600).optional(),
  })
  .superRefine(fits);

/** As a service has it, in place of that of its type; null: that of its type. */
export const SERVICE_HEALTH = z
  .object({
    kind: z.enum(HEALTH_CHECK_KINDS),
    ...TARGET,
    ...THRESHOLDS,
    interval: duration(1_000, DAY_MS).nullish(),
    timeout: duration(100, 60_000).nullish(),
    startPeriod: duration(0, 3_600_000).nullish(),
  })
  .superRefine(fits)
  .nullish();

const WORDS = [
  'kind',
  'host',
  'port',
  'path',
  'expectedStatus',
  'command',
  'interval',
  'timeout',
  'healthyThreshold',
  'unhealthyThreshold',
  'startPeriod',
] as const;
type Columns = { [Each in (typeof WORDS)[number] as `healthCheck${Capitalize<Each>}`]?: string | number | null };

/** The columns that this input writes: all of them, for one check takes the place of another as a whole. Null clears, absent leaves. */
export function healthCheckColumns(input: z.output<typeof SERVICE_HEALTH>): Columns {
  if (input === undefined) return {};
  const entries = WORDS.map((word) => {
    const value = input?.[word] ?? null;
    return [
      `healthCheck${word[0]?.toUpperCase()}${word.slice(1)}`,
      Array.isArray(value) ? JSON.stringify(value) : value,
    ];
  });
  return Object.fromEntries(entries) as Columns;
}

/** The same for both, spans in milliseconds. */
interface Settings {
  readonly kind: HealthCheckKind;
  readonly host?: string | null | undefined;
  readonly port?: string | null | undefined;
  readonly path?: string | null | undefined;
  readonly expectedStatus?: string | null | undefined;
  readonly command?: readonly string[] | null | undefined;
  readonly intervalMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly startPeriodMs?: number | undefined;
  readonly healthyThreshold?: number | null | undefined;
  readonly unhealthyThreshold?: number | null | undefined;
}

function ofService(service: Service): Settings | undefined {
  const { healthCheckKind: kind, healthCheckCommand: command } = service;
  if (kind == null) return undefined;
  const ms = (span: string | null | undefined) => (span == null ? undefined : durationMs(span));
  return {
    kind,
    host: service.healthCheckHost,
    port: service.healthCheckPort,
    path: service.healthCheckPath,
    expectedStatus: service.healthCheckExpectedStatus,
    command: command == null ? undefined : (JSON.parse(command) as string[]),
    intervalMs: ms(service.healthCheckInterval),
    timeoutMs: ms(service.healthCheckTimeout),
    startPeriodMs: ms(service.healthCheckStartPeriod),
    healthyThreshold: service.healthCheckHealthyThreshold,
    unhealthyThreshold: service.healthCheckUnhealthyThreshold,
  };
}

function ofType(type: z.output<typeof TYPE_HEALTH>): Settings {
  const ms = (seconds: number | undefined) => (seconds === undefined ? undefined : seconds * 1000);
  return {
    ...type,
    intervalMs: ms(type.intervalSeconds),
    timeoutMs: ms(type.timeoutSeconds),
    startPeriodMs: ms(type.startPeriodSeconds),
  };
}

/**
 * How the node is to look: by the service's own check, or else by its type's; undefined if by none. Throws NOT_STARTABLE for what is
 * not a port, a host or a path once it is filled in.
 */
export function healthCheckOf(
  service: Service,
  type: z.output<typeof TYPE_HEALTH> | undefined,
  fill: (text: string) => string,
): HealthCheck | undefined {
  const settings = ofService(service) ?? (type && ofType(type));
  if (!settings || settings.kind === 'NONE') return undefined;
  const spans = Object.fromEntries(
    (['intervalMs', 'timeoutMs', 'startPeriodMs', 'healthyThreshold', 'unhealthyThreshold'] as const).map((name) => [
      name,
      settings[name] ?? HEALTH_DEFAULTS[name],
    ]),
  ) as Omit<HealthCheck, 'probe'>;
  return { ...spans, probe: probeOf(settings, fill) };
}

function probeOf(settings: Settings, fill: (text: string) => string): HealthProbe {
  if (settings.kind === 'COMMAND') return { kind: 'COMMAND', command: (settings.command ?? []).map(fill) };
  const filled = (
    name: 'host' | 'port' | 'path',
    otherwise: string,
    holds: (text: string) => boolean,
    rule: string,
  ) => {
    const text = fill(settings[name] ?? otherwise);
    if (holds(text)) return text;
    throw new GantryError('NOT_STARTABLE', `It cannot be started: the ${name} of its health check ${rule}.`);
  };
  const place = {
    host: filled('host', HEALTH_DEFAULTS.host, isHost, HOST_RULE),
    port: Number(filled('port', '', isPort, PORT_RULE)),
  };
  if (settings.kind === 'TCP') return { kind: 'TCP', ...place };
  const path = filled('path', HEALTH_DEFAULTS.path, (text) => PATH.test(text), PATH_RULE);
  const [statusFrom, statusTo] = statusRange(settings.expectedStatus ?? HEALTH_DEFAULTS.expectedStatus);
  return { kind: 'HTTP', ...place, path, statusFrom, statusTo };
}
