// Files over SFTP: folders, links, and files that are written in order. What the server refuses is one error with its code.
import {
  counted,
  handleOf,
  mode,
  OPEN_NEW,
  REQUEST,
  type Reply,
  STATUS,
  sizeOf,
  statusOf,
  uint32,
  uint64,
} from './packets.ts';
import type { SftpSession } from './session.ts';

/** The server said no. `code` is one of STATUS; -1: it gave an answer that does not fit the question. */
export class SftpRefusal extends Error {
  override readonly name = 'SftpRefusal';

  constructor(readonly code: number) {
    super(`SFTP status ${code}`);
  }
}

function expectOk(reply: Reply): void {
  const code = statusOf(reply) ?? -1;
  if (code !== STATUS.OK) throw new SftpRefusal(code);
}

function expectValue<T>(value: T | undefined, reply: Reply): T {
  if (value === undefined) throw new SftpRefusal(statusOf(reply) || -1);
  return value;
}

export async function makeFolder(session: SftpSession, path: string): Promise<void> {
  expectOk(await session.request(REQUEST.MKDIR, [...counted(path), mode(0o755)]));
}

/** The draft has the link first; OpenSSH has always read it the other way round, and all others follow OpenSSH. */
export async function makeLink(session: SftpSession, path: string, target: string): Promise<void> {
  expectOk(await session.request(REQUEST.SYMLINK, [...counted(target), ...counted(path)]));
}

/** A new file, open for writing. */
export class NewFile {
  private constructor(
    private readonly session: SftpSession,
    private readonly handle: Buffer,
  ) {}

  static async open(session: SftpSession, path: string, permissions: number): Promise<NewFile> {
    const reply = await session.request(REQUEST.OPEN, [...counted(path), uint32(OPEN_NEW), mode(permissions)]);
    return new NewFile(session, expectValue(handleOf(reply), reply));
  }

  async write(offset: number, bytes: Buffer): Promise<void> {
    expectOk(await this.session.request(REQUEST.WRITE, [...counted(this.handle), uint64(offset), ...counted(bytes)]));
  }

  /** Closes it, and answers with the size that it has by then on the node. */
  async close(): Promise<number> {
    const stat = this.session.request(REQUEST.FSTAT, counted(this.handle));
    const close = this.session.request(REQUEST.CLOSE, counted(this.handle));
    const [size, closed] = await Promise.all([stat, close]);
    expectOk(closed);
    return expectValue(sizeOf(size), size);
  }
}
