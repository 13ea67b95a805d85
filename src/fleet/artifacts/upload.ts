// Sends the content of an artifact into a folder of a node, and sees to it that what is sent is what was read.
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, makeLink, NewFile } from '../sftp/files.ts';
import type { SftpSession } from '../sftp/session.ts';
import { FleetError } from '../types.ts';
import type { Content, Entry } from './content.ts';
import { each, type Piece, Window } from './window.ts';

const PIECE = 32 * 1024; // what every server takes in one packet
// On a slow line whatever else is asked of the node waits behind what is under way: a quarter of a megabyte, and no more.
const PIECES_UNDER_WAY = 8;
const FILES_AT_ONCE = 4;

/**
 * Sends it into `folder`, which is there and empty: `content/…`, and `sums` for `sha256sum -c` beside it. `sent` is told of each
 * piece, in bytes. Throws FleetError (ARTIFACT_CHANGED, LOST, TIMEOUT), SftpRefusal, or an error of the file system here.
 */
export async function upload(
  session: SftpSession,
  content: Content,
  folder: string,
  sent: (bytes: number) => void,
): Promise<void> {
  const root = `${folder}/content`;
  const window = new Window(PIECES_UNDER_WAY);
  const of = (kind: Entry['kind']) => content.entries.filter((entry) => entry.kind === kind);
  const send = (entry: Entry) => sendFile({ session, content, window, sent }, entry, `${root}/${entry.path}`);
  await makeFolder(session, root);
  for (const level of byDepth(of('folder'))) {
    await each(level, PIECES_UNDER_WAY, ({ path }) => makeFolder(session, `${root}/${path}`));
  }
  await each(of('file'), FILES_AT_ONCE, send);
  await each(of('link'), PIECES_UNDER_WAY, ({ path, target }) => makeLink(session, `${root}/${path}`, target));
  await sendText(session, `${folder}/sums`, sumsOf(of('file')), window);
}

interface Sending {
  readonly session: SftpSession;
  readonly content: Content;
  readonly window: Window;
  readonly sent: (bytes: number) => void;
}

async function sendFile({ session, content, window, sent }: Sending, entry: Entry, path: string): Promise<void> {
  // The artifact's own name is the beginning of each path, and its source may be called otherwise.
  const place = join(content.source, entry.path.slice(content.name.length));
  const source = await open(place);
  try {
    const file = await NewFile.open(session, path, entry.executable ? 0o755 : 0o644);
    const hash = createHash('sha256');
    const size = await window.through(pieces(source, entry.size, hash), async ({ offset, bytes }) => {
      await file.write(offset, bytes);
      sent(bytes.length);
    });
    const there = await file.close();
    if (size !== entry.size || hash.digest('hex') !== entry.sha256) {
      throw new FleetError(
        'ARTIFACT_CHANGED',
        `${JSON.stringify(place)} was changed while it was copied. Start again.`,
      );
    }
    if (there !== size) {
      throw new FleetError(
        'ARTIFACT_REFUSED',
        `The node has ${there} of ${size} bytes of ${JSON.stringify(entry.path)}.`,
      );
    }
  } finally {
    await source.close();
  }
}

/** Up to the first piece beyond the size that it had: a file that has grown is told by it, and one that grows for ever ends. */
async function* pieces(source: FileHandle, size: number, hash: Hash): AsyncGenerator<Piece> {
  for (let offset = 0; offset <= size; ) {
    const { bytesRead, buffer } = await source.read(Buffer.allocUnsafe(PIECE), 0, PIECE, offset);
    if (bytesRead === 0) return;
    const bytes = buffer.subarray(0, bytesRead);
    hash.update(bytes);
    yield { offset, bytes };
    offset += bytesRead;
  }
}

async function sendText(session: SftpSession, path: string, text: string, window: Window): Promise<void> {
  const all = Buffer.from(text);
  const file = await NewFile.open(session, path, 0o644);
  await window.through(cut(all), ({ offset, bytes }) => file.write(offset, bytes));
  await file.close();
}

function* cut(all: Buffer): Generator<Piece> {
  for (let offset = 0; offset < all.length; offset += PIECE) {
    yield { offset, bytes: all.subarray(offset, offset + PIECE) };
  }
}

/** Lines for `sha256sum -c`. Programs differ in how they write down a name with a backslash or a line break: those go by size. */
const sumsOf = (files: readonly Entry[]) =>
  files
    .filter(({ path }) => !/[\\\n\r]/.test(path))
    .map(({ sha256, path }) => `${sha256}  ./${path}\n`)
    .join('');

function byDepth(folders: readonly Entry[]): Entry[][] {
  const levels = Map.groupBy(folders, ({ path }) => path.split('/').length);
  return [...levels].sort(([a], [b]) => a - b).map(([, level]) => level);
}
