// Health, in the keeper's words and back: how a process is looked at, and what was seen. Pure.
import { harmless } from './log-text.ts';
import { checkText, quote } from './quote.ts';
import type { HealthCheck, HealthObservation, HealthProbe, HealthState } from './types.ts';
import { FleetError } from './types.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** The longest command, in characters: the node's shell reads it byte by byte, at each look. */
const MAX_WORDS = 16 * 1024;
const HOST = /^[A-Za-z0-9_.:-]{1,253}$/;
// Printable and without blanks: it goes into the first line of a request.
const PATH = /^\/[\x21-\x7e]{0,1999}$/;

/** What the keeper is given to look by; nothing for a process that is not looked at. Throws BAD_REQUEST. */
export function healthText(check: HealthCheck | undefined): string {
  if (!check) return '';
  const numbers = [
    whole(check.intervalMs, 1_000, DAY_MS),
    whole(check.timeoutMs, 100, 60_000),
    whole(check.healthyThreshold, 1, 100),
    whole(check.unhealthyThreshold, 1, 100),
    whole(check.startPeriodMs, 0, HOUR_MS),
  ];
  const words = probeWords(check.probe);
  for (const word of words) checkText(word, 'A word of the health check');
  const text = `# ${check.probe.kind.toLowerCase()} ${numbers.join(' ')}\nset -- ${words.map(quote).join(' ')}`;
  if (text.length > MAX_WORDS)
    throw new FleetError('BAD_REQUEST', `A health check may have at most ${MAX_WORDS} characters.`);
  return text;
}

function whole(value: number, low: number, high: number): number {
  const rounded = Math.round(value);
  if (rounded >= low && rounded <= high) return rounded;
  throw new FleetError('BAD_REQUEST', 'A number of the health check is out of bounds.');
}

function probeWords(probe: HealthProbe): readonly string[] {
  if (probe.kind === 'COMMAND') {
    if (!probe.command[0]) throw new FleetError('BAD_REQUEST', 'The command of the health check is empty.');
    return probe.command;
  }
  if (!HOST.test(probe.host) || probe.host.startsWith('-'))
    throw new FleetError('BAD_REQUEST', 'The host of the health check is neither an address nor a name.');
  const place = [probe.host, String(whole(probe.port, 1, 65_535))];
  if (probe.kind === 'TCP') return place;
  if (!PATH.test(probe.path))
    throw new FleetError('BAD_REQUEST', 'The path of the health check has to begin with "/" and may hold no blanks.');
  return [...place, probe.path, String(whole(probe.statusFrom, 100, 999)), String(whole(probe.statusTo, 100, 999))];
}

/** What a keeper says of health: how it is, since when in seconds of uptime, why in a code, and a text that nobody vouches for. */
export interface HealthLine {
  readonly state: HealthState;
  readonly since: number;
  readonly code: string;
  readonly text: string;
}

const STATES: Readonly<Record<string, HealthState>> = {
  healthy: 'HEALTHY',
  unhealthy: 'UNHEALTHY',
  unknown: 'UNKNOWN',
};
const CODE = /^[a-z0-9-]{1,24}$/;
const SECONDS = /^[0-9]{1,12}(\.[0-9]{1,6})?$/;
const MAX_TEXT = 200;

/** The words after a running process; undefined if they are none of health. */
export function parseHealth([state = '', since = '', code = '', ...text]: readonly string[]): HealthLine | undefined {
  const known = Object.hasOwn(STATES, state) ? STATES[state] : undefined;
  if (!known || !SECONDS.test(since) || !CODE.test(code)) return undefined;
  return { state: known, since: Number(since), code, text: text.join(' ').trim() };
}

const at = (place: string) => (/^[A-Za-z0-9_.:-]+ port \d+$/.test(place) ? place : 'its port');

const SENTENCES: Readonly<Record<string, (text: string) => string>> = {
  looking: () => 'It has not been looked at as often as its health check wants.',
  gone: () => 'Nothing looks at it at present: its node will begin to again within seconds.',
  lacking: (tools) => `Its node has nothing to look with: ${tools.split(' ').join(', ')} would do.`,
  timeout: () => 'A look took longer than its health check allows.',
  'no-connection': (place) => `Nothing takes connections at ${at(place)}.`,
  'no-answer': (place) => `There is no answer at ${at(place)}.`,
  'no-http': (place) => `What answers at ${at(place)} does not speak HTTP.`,
};

// The lines of a keeper are read as bytes.
const readable = (text: string) =>
  harmless(new TextDecoder().decode(Buffer.from(text, 'latin1')))
    .slice(0, MAX_TEXT)
    .toWellFormed();

function sentence({ code, text }: HealthLine): string | undefined {
  const words = readable(text);
  if (Object.hasOwn(SENTENCES, code)) return SENTENCES[code]?.(words);
  const [, kind, number] = /^(status|exit)-([0-9]{1,3})$/.exec(code) ?? [];
  if (kind === 'status') return `It answered with the status ${number}.`;
  if (kind === 'exit') return `The command ended with exit code ${number}${words ? `: ${words}` : '.'}`;
  return undefined;
}

/** `bootedAt`: when the node booted, in ms of our clock. */
export function toHealth(line: HealthLine, bootedAt: number): HealthObservation {
  const message = sentence(line);
  return {
    state: line.state,
    since: new Date(Math.round(bootedAt + line.since * 1000)),
    ...(message === undefined ? {} : { message }),
  };
}
