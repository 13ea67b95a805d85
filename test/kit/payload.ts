// The payload of tests that ask what really ran: a program that takes a lock of its own, counts its starts and reports a double by itself.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Payload {
  /** The words of a service's command. `then` is what it does once it has its lock; not given, it runs until it is stopped. */
  command(then?: string): readonly string[];
  /** How often this process was really started. */
  starts(process: string): number;
  /** How often two of one process ran at the same time: each is a broken promise. */
  doubles(): number;
}

/** A payload whose notes are in this folder, which has to be there. The lock is a name that only one can make, taken over from an owner that is no more. */
export function payload(folder: string): Payload {
  const lines = (name: string) => {
    const file = join(folder, name);
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).length : 0;
  };
  // A pid alone is no owner: the same number may have been given to somebody else since. A zombie holds nothing.
  const script = (then: string) => `
me=$GANTRY_PROCESS_ID
cd '${folder}' || exit 1
stat() { { read -r words </proc/$1/stat; } 2>/dev/null && set -- \${words##*) } && [ "$1" != Z ] && started=\${20}; }
echo $$ >>"starts-$me"
stat $$
mine=$$.$started
if ! ln -s $mine "lock-$me" 2>/dev/null; then
  owner=$(readlink "lock-$me")
  stat "\${owner%.*}" && [ "$started" = "\${owner#*.}" ] && echo "$me $owner $mine" >>doubles
  ln -sfn $mine "lock-$me"
fi
${then}`;
  return {
    command: (then = 'exec sleep 1000') => ['/bin/sh', '-c', script(then)],
    starts: (process) => lines(`starts-${process}`),
    doubles: () => lines('doubles'),
  };
}
