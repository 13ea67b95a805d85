// Artifacts for tests: files and folders on this machine, and what a node has of them.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Content, Contents } from '../../src/fleet/artifacts/content.ts';
import type { Wanted } from '../../src/fleet/artifacts/courier.ts';

/** Text of a file, `null` for a folder, `->` and a target for a link; names that end in `*` are executable. */
export type Tree = Readonly<Record<string, string | Buffer | null>>;

export interface Build {
  /** The folder that is the artifact. */
  readonly path: string;
  write(tree: Tree): void;
  remove(): void;
}

export function makeBuild(tree: Tree, name = 'app'): Build {
  const base = mkdtempSync(join(tmpdir(), 'gantry-build-'));
  const path = join(base, name);
  mkdirSync(path);
  const write = (more: Tree) => {
    for (const [key, value] of Object.entries(more)) {
      const file = join(path, key.length > 1 ? key.replace(/\*$/, '') : key);
      mkdirSync(value === null ? file : dirname(file), { recursive: true });
      if (typeof value === 'string' && value.startsWith('->')) symlinkSync(value.slice(2), file);
      else if (value !== null) writeFileSync(file, value);
      if (key.length > 1 && key.endsWith('*')) chmodSync(file, 0o755);
    }
  };
  write(tree);
  return { path, write, remove: () => rmSync(base, { recursive: true, force: true }) };
}

/** What is in a folder, in the words of a tree. */
export function treeOf(folder: string, at = ''): Record<string, string | null> {
  const tree: Record<string, string | null> = {};
  for (const name of readdirSync(join(folder, at))) {
    const path = at ? `${at}/${name}` : name;
    const stat = lstatSync(join(folder, path));
    if (stat.isSymbolicLink()) tree[path] = `->${readlinkSync(join(folder, path))}`;
    else if (stat.isDirectory()) Object.assign(tree, { [path]: null }, treeOf(folder, path));
    else tree[stat.mode & 0o100 ? `${path}*` : path] = readFileSync(join(folder, path), 'utf8');
  }
  return tree;
}

/** What is in the folder of artifacts of a node: hashes, and whatever else. */
export function artifactsOn(node: { readonly folder: string }): string[] {
  const folder = join(node.folder, 'artifacts');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => !name.startsWith('place.'))
    .sort();
}

/** An artifact to be brought as it is now. */
export async function wanted(path: string, more: Partial<Wanted> = {}): Promise<Wanted & { readonly now: Content }> {
  const now = await new Contents().read(path);
  const { hash, name } = now;
  return { hash, name, content: async () => now, keep: [], spare: 3, progress: () => {}, now, ...more };
}

/** Holds what waits at it until it is opened. */
export function holdGate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let waiting = 0;
  const pass = async () => {
    waiting++;
    await promise;
  };
  return { pass, open: resolve, waiting: () => waiting };
}
