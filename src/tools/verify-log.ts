// npm run verify-log [-- FILE]: whether the log of a store (that of the settings, if no file is given), or an export of it, is as it was written.
import '../node-version.ts';

import { readConfig } from '../config.ts';
import { GantryError } from '../errors.ts';
import { verifyLog } from '../store/log/verify.ts';
import { openLog } from '../store/log/whole.ts';

async function verify(): Promise<void> {
  const file = process.argv[2] ?? readConfig(process.env).database;
  const log = await openLog(file);
  const { count, first, last, finding } = await verifyLog(log);
  log.close();
  if (finding) {
    console.log(`NOT AS IT WAS WRITTEN: ${finding.says}\nThe ${count} before it hold.`);
    process.exitCode = 1;
  } else if (first && last) {
    console.log(`ok: ${count} entries, ${first.seq} (${first.at}) to ${last.seq} (${last.at}), digest ${last.hash}`);
  } else {
    console.log('ok: no entries');
  }
}

verify().catch((error: unknown) => {
  console.error(error instanceof GantryError ? error.message : error);
  process.exitCode = 2;
});
