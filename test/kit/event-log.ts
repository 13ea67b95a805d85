// Logs to be looked at and tampered with: stores with so many entries, and the tools as they are run.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Keyring } from '../../src/store/keyring.ts';
import type { NewEvent } from '../../src/store/log/append.ts';
import { type Verdict, verifyLog } from '../../src/store/log/verify.ts';
import { openLog } from '../../src/store/log/whole.ts';
import { Store } from '../../src/store/store.ts';

/** An event that nobody would take for another. */
export const numbered = (number: number): NewEvent => ({
  type: 'UPDATED',
  subjectType: 'TENANT',
  subjectId: `t${number}`,
  tenants: [`t${number % 3}`],
  actor: 'somebody',
  before: { name: `was ${number}` },
  after: { name: `is ${number}`, note: 'a "quoted" \u2028 word' },
});

export interface LogFolder extends Disposable {
  /** A store of this name. */
  open(name?: string): Promise<Store>;
  file(name?: string): string;
  /** Statements by another hand. */
  tamper(sql: string, name?: string): void;
}

export function logFolder(): LogFolder {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-log-'));
  const file = (name = 'log.db') => join(folder, name);
  return {
    file,
    open: (name) => Store.open(file(name), Keyring.open(join(folder, 'keys'))),
    tamper: (sql, name) => {
      const database = new Database(file(name));
      database.pragma('foreign_keys = off');
      database.exec(sql);
      database.close();
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A store with so many entries, closed. */
export async function written(folder: LogFolder, count: number, name?: string): Promise<void> {
  const store = await folder.open(name);
  for (let number = 1; number <= count; number += 1) await store.tell([numbered(number)]);
  await store.close();
}

export async function verdictOn(file: string): Promise<Verdict> {
  const log = await openLog(file);
  try {
    return await verifyLog(log);
  } finally {
    log.close();
  }
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one of the tools as its script does. */
export function runTool(tool: 'verify-log' | 'export-log', ...args: string[]): Promise<Ran> {
  const flags = ['--experimental-transform-types', '--no-warnings', `src/tools/${tool}.ts`];
  return new Promise((resolve) => {
    execFile(process.execPath, [...flags, ...args], { maxBuffer: 2 ** 28 }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err }),
    );
  });
}
