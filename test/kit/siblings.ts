// Payloads that watch each other: each notes how many of its siblings are up at the moment when it goes down.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Siblings {
  /** What a catalogue says of the type of services that run them. */
  readonly type: object;
  /** How many of the others were up each time one went down, in that order. */
  othersUp(): number[];
  /** Whether this process has gone down so often; it may still be held. */
  wentDown(process: string, times?: number): boolean;
  /** How often each of these was really started. */
  starts(...processes: string[]): number[];
  /** From now on it takes its stop, but does not end, until it is let go. */
  hold(process: string): void;
  letGo(process: string): void;
  /** From now on it is not up when it runs, until it is told to be. */
  delay(process: string): void;
  getUp(process: string): void;
  /** A health check that looks whether it is up. */
  readonly healthCheck: object;
  /** Makes the program that this process runs. */
  place(process: string): void;
  /** Takes that program away: it cannot be started any more. */
  takeAway(process: string): void;
}

/** Their notes are in this folder. All of one folder are siblings. */
export function siblings(folder: string): Siblings {
  mkdirSync(join(folder, 'up'), { recursive: true });
  const lines = (name: string) => {
    const file = join(folder, name);
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  };
  const count = (name: string, process: string) => lines(name).filter((line) => line.startsWith(process)).length;
  const mark = (kind: string, process: string) => join(folder, `${kind}-${process}`);
  // Down counts from the first word of its trap, before it looks at the others: of two that go down at once, one sees the other.
  const script = `#!/bin/sh
me=$GANTRY_PROCESS_ID
cd '${folder}' || exit 1
down() {
  : >"up/$me"
  others=0
  for file in up/*; do
    pid=
    read -r pid <"$file"
    [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && others=$((others + 1))
  done
  echo "$me $others" >>downs
  while [ -e "hold-$me" ]; do sleep 0.05; done
  exit 0
}
trap down TERM
echo "$me" >>starts
while [ -e "delay-$me" ]; do sleep 0.05; done
echo $$ >"up/$me"
while :; do sleep 1000 & wait $!; done`;
  const program = join(folder, 'program');
  writeFileSync(program, `${script}\n`, { mode: 0o755 });
  return {
    // Long enough that a shell which was told to run has also begun to.
    type: {
      // A name of it for each process.
      command: [`${mark('run', '')}\${process.id}`],
      settleSeconds: 1,
      stop: { signal: 'TERM', graceSeconds: 600 },
    },
    othersUp: () => lines('downs').map((line) => Number(line.split(' ')[1])),
    wentDown: (process, times = 1) => count('downs', process) >= times,
    starts: (...processes) => processes.map((process) => count('starts', process)),
    hold: (process) => writeFileSync(mark('hold', process), ''),
    letGo: (process) => rmSync(mark('hold', process)),
    delay: (process) => writeFileSync(mark('delay', process), ''),
    getUp: (process) => rmSync(mark('delay', process)),
    healthCheck: {
      kind: 'COMMAND',
      command: ['test', '-s', `${join(folder, 'up')}/\${process.id}`],
      interval: 'PT1S',
      timeout: 'PT20S',
      unhealthyThreshold: 100,
      startPeriod: 'PT0S',
    },
    place: (process) => symlinkSync(program, mark('run', process)),
    takeAway: (process) => rmSync(mark('run', process)),
  };
}
