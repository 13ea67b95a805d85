// What a node says of itself in its hello: how it runs processes and why so, and what it is. Words of the node choose sentences, no more.
import type { DriverChoice, NodeFacts, RunDriver } from './types.ts';

/** The keeper's words for what systemd lacks on a node, as the end of a sentence. */
const LACKING: Readonly<Record<string, string>> = {
  'no-systemd': 'it was not booted with systemd, or lacks systemctl, systemd-run or loginctl',
  'no-manager': "the user's manager cannot be reached (`systemctl --user`)",
  'old-systemd': 'its systemd is older than 240',
  'no-linger': "the user's manager ends at log-out (`loginctl enable-linger` keeps it)",
  'no-flock': 'it lacks flock',
  'no-units': 'a unit that was tried did not run (`systemd-run --user`)',
};
const SOMETHING = 'it does not say what is missing';

const lacking = (word: string) => (Object.hasOwn(LACKING, word) ? LACKING[word] : undefined) ?? SOMETHING;

/** Why a node starts nothing, from the keeper's word for it. */
export function barredBecause(word: string): string {
  const [, atLogout] = /^logout-(.*)$/.exec(word) ?? [];
  if (atLogout === undefined) return `This node is set to run processes by systemd, which cannot be: ${lacking(word)}.`;
  return `Nothing is started on this node, because it would end at log-out (KillUserProcesses=yes in logind), and it cannot be kept out of the session: ${lacking(atLogout)}.`;
}

const DRIVERS: Readonly<Record<string, RunDriver>> = { keeper: 'KEEPER', scope: 'KEEPER', systemd: 'SYSTEMD' };

function because(driver: string, why: string, choice: DriverChoice): string {
  switch (driver) {
    case 'systemd':
      return 'Processes are units of systemd: the node has what that takes.';
    case 'scope':
      return 'Processes are children of keepers, which are in scopes of systemd: logind would end them at log-out otherwise.';
    case 'barred':
      return barredBecause(why);
    default:
      return choice === 'KEEPER'
        ? 'Processes are children of keepers, as this node is set to.'
        : `Processes are children of keepers, without systemd: ${lacking(why)}.`;
  }
}

/** One word or line of the node, fit to be shown: printable, short; null if it says nothing. */
function shown(text: string | undefined, most: number): string | null {
  const clean = (text ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, most);
  return clean === '' || clean === '-' ? null : clean;
}

/** From the words of the hello that follow the uptime: driver, why, init, shell, and what `uname -srm` said. */
export function toFacts(words: readonly string[], choice: DriverChoice): NodeFacts {
  const [driver = '', why = '', init, shell, ...kernel] = words;
  return {
    driver: (Object.hasOwn(DRIVERS, driver) ? DRIVERS[driver] : undefined) ?? null,
    driverReason: because(driver, why, choice),
    init: shown(init, 64),
    shell: shown(shell, 64),
    kernel: shown(kernel.join(' '), 200),
  };
}
