// The shell text that is sent into a fresh channel: looks whether the node can keep processes, installs the keeper, runs it.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { DriverChoice } from './types.ts';

const KEEPER = readFileSync(new URL('./keeper/keeper.sh', import.meta.url), 'utf8');
const VERSION = createHash('sha256').update(KEEPER).digest('hex').slice(0, 16);

/** The channel's command. Any login shell can parse it, and what that shell prints before is noise to us. */
export const CHANNEL_COMMAND = 'exec /bin/sh';

const NEEDED = 'cat cp find grep ln mkdir mkfifo mv readlink rm setsid sleep tail';

// `GANTRY0 nonce words` says what is missing. Tests point GANTRY_KEEPER_* at other folders and shells.
const probe = (nonce: string) => `umask 077
missing() { printf 'GANTRY0 ${nonce} %s\\n' "$*"; exit 69; }
[ -r /proc/sys/kernel/random/boot_id ] && [ -r /proc/$$/stat ] || missing a Linux /proc
for tool in ${NEEDED}; do command -v "$tool" >/dev/null || missing the program "$tool"; done
`;

/** For a ping: says hello with `uname -srm`, leaves nothing on the node, and answers `echo` lines. */
export const pingScript = (nonce: string) => `${probe(nonce)}printf 'GANTRY1 ${nonce} %s\\n' "$(uname -srm)"
`;

// The file is always written anew, by way of another name: the right name proves nothing about the content. Only when it
// cannot be written (a full disk must not keep anyone from stopping processes) the one that is there serves.
// Nothing may follow before the hello: a shell reads ahead and would eat it.
export const serveScript = (
  nonce: string,
  driver: DriverChoice,
) => `${probe(nonce)}[ "\${HOME:-}" ] || missing a home directory
folder=\${GANTRY_KEEPER_DIR:-$HOME/.gantry}
mkdir -p "$folder/processes" "$folder/watchers" 2>/dev/null && chmod 700 "$folder" || missing a writable folder "$folder"
keeper=$folder/keeper-${VERSION}.sh
{ cat >"$keeper.$$" && mv -f "$keeper.$$" "$keeper"; } 2>/dev/null <<'GANTRY_${nonce}' || rm -f "$keeper.$$"
${KEEPER}GANTRY_${nonce}
[ -f "$keeper" ] || missing room on the disk for "$keeper"
exec \${GANTRY_KEEPER_SH:-/bin/sh} "$keeper" serve ${nonce} ${driver}
`;
