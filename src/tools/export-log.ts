// npm run export-log [-- FILE [STORE]]: the log as lines of JSON, to a file or, without one, to standard output.
import '../node-version.ts';

import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readConfig } from '../config.ts';
import { GantryError } from '../errors.ts';
import { boundsLine, entryLine } from '../store/log/lines.ts';
import { openStored, type WholeLog } from '../store/log/whole.ts';

async function exportLog(): Promise<void> {
  const [file, store] = process.argv.slice(2);
  const log = openStored(store ?? readConfig(process.env).database);
  // A new file only, for its owner: what is there is somebody's evidence.
  const target =
    file === undefined || file === '-' ? process.stdout : createWriteStream(file, { flags: 'wx', mode: 0o600 });
  await pipeline(Readable.from(textOf(log)), target);
  log.close();
}

async function* textOf(log: WholeLog): AsyncGenerator<string> {
  yield `${boundsLine(log)}\n`;
  for await (const entry of log.entries) if ('seq' in entry) yield `${entryLine(entry)}\n`;
}

exportLog().catch((error: NodeJS.ErrnoException) => {
  const isToldInASentence = error instanceof GantryError || error.code !== undefined;
  console.error(isToldInASentence ? error.message : error);
  process.exitCode = 2;
});
