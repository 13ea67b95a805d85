// Audits a server: npm run audit -- http://host:port [user:password@host:port of a machine to start processes on]
import { DOCUMENTS } from './all.ts';
import { type Machine, type Result, run, Subject } from './audit.ts';

const SIGNS = { kept: '  ok  ', broken: 'BROKEN', skipped: ' skip ' } as const;

const [url, machine] = process.argv.slice(2);
if (url === undefined) {
  console.error('Say what to audit: npm run audit -- http://127.0.0.1:4000 [user:password@host:port]');
  process.exit(2);
}
await fetch(url).catch((error: Error) => {
  console.error(`Nothing answers at ${url}: ${error.cause ?? error.message}`);
  process.exit(2);
});
// What is there already stays out of the way: everything this run makes is named after it.
const suffix = `-${Date.now().toString(36)}`;
const counts = { kept: 0, broken: 0, skipped: 0 };
for (const [document, audits] of Object.entries(DOCUMENTS)) {
  console.log(`\n${document}\n`);
  const subject = new Subject(url.replace(/\/$/, ''), machineOf(machine), suffix);
  for await (const result of run(audits, subject)) {
    counts[result.state]++;
    report(result);
  }
  await subject.tidy();
}
console.log(`\n${counts.kept} kept, ${counts.broken} broken, ${counts.skipped} skipped`);
process.exitCode = counts.broken > 0 ? 1 : 0;

function report({ audit, state, why }: Result): void {
  console.log(`[${SIGNS[state]}] ${audit.id.padEnd(44)} ${audit.says}`);
  if (why !== undefined) console.log(why.replace(/^/gm, '           '));
}

function machineOf(text: string | undefined): Machine | undefined {
  if (text === undefined) return undefined;
  const { hostname, port, username, password } = new URL(`ssh://${text}`);
  return {
    host: hostname,
    port: Number(port || 22),
    username: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
}
