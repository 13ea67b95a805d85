// A fake node for tests: an SSH server of our own with a temporary home, and real processes that are gone afterwards.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type DemoNode, type DemoNodeOptions, startDemoNode } from '../../src/demo/node.ts';
import type { NodeTarget } from '../../src/fleet/types.ts';
import { Secret } from '../../src/secret.ts';

export const KEEPER = fileURLToPath(new URL('../../src/fleet/keeper/keeper.sh', import.meta.url));
export const PASSWORD = 'p@ss $word "canary-8d1f\' é';

const run = promisify(execFile);

export interface FakeNode extends AsyncDisposable {
  readonly server: DemoNode;
  readonly home: string;
  /** The keeper's folder on the node. */
  readonly folder: string;
  /** A target that works, unless overridden. First contact unless `hostKeys` is given. */
  target(overrides?: Partial<NodeTarget>): NodeTarget;
  /** Ends the server and every process that was kept on the node, and removes the folder. */
  close(): Promise<void>;
}

/** Kills what is kept under a keeper's folder: only that, by way of the keeper, which knows its own from others. */
export async function stopKept(folder: string): Promise<void> {
  const processes = join(folder, 'processes');
  if (!existsSync(processes)) return;
  const env = { ...process.env, GANTRY_KEEPER_DIR: folder };
  await Promise.all(
    readdirSync(processes).map((id) => run('/bin/sh', [KEEPER, 'stop', id, 'KILL', '0'], { env }).catch(() => {})),
  );
}

let nodes = 0;

export async function fakeNode(options: Partial<DemoNodeOptions> = {}): Promise<FakeNode> {
  const home = options.home ?? mkdtempSync(join(tmpdir(), 'gantry-node-'));
  const folder = join(home, '.gantry');
  const env = { GANTRY_KEEPER_TIDY: '1', ...options.env };
  const server = await startDemoNode({ password: PASSWORD, ...options, home, env });
  const id = `ND${++nodes}`;
  const close = async () => {
    await server.close();
    await stopKept(folder);
    rmSync(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };
  return {
    server,
    home,
    folder,
    target: (overrides = {}) => ({
      id,
      host: server.host,
      port: server.port,
      username: server.username,
      password: new Secret(options.password ?? PASSWORD),
      hostKeys: [],
      ...overrides,
    }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
