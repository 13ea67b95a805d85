// The SFTP of a demonstration node: as much of it as takes to receive files.
import { closeSync, fstatSync, mkdirSync, openSync, symlinkSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import ssh2, { type SFTPWrapper } from 'ssh2';

const { STATUS_CODE: STATUS, OPEN_MODE } = ssh2.utils.sftp;

const CODES: Readonly<Record<string, number>> = {
  ENOENT: STATUS.NO_SUCH_FILE,
  EACCES: STATUS.PERMISSION_DENIED,
};

export interface SftpOptions {
  /** The folder that relative paths begin at. */
  readonly home: string;
  /** Awaited before each piece of a file is written. */
  readonly beforeWrite?: (() => Promise<void> | void) | undefined;
}

/** Serves until the channel ends; what is open by then is closed. */
export function serveSftp(sftp: SFTPWrapper, { home, beforeWrite }: SftpOptions): void {
  const open = new Map<string, number>();
  let handles = 0;
  const answer = (id: number, work: () => void) => {
    try {
      work();
    } catch (error) {
      sftp.status(id, CODES[(error as NodeJS.ErrnoException).code ?? ''] ?? STATUS.FAILURE);
    }
  };
  const done = (id: number, work: () => void) =>
    answer(id, () => {
      work();
      sftp.status(id, STATUS.OK);
    });
  const fileOf = (handle: Buffer) => {
    const file = open.get(handle.toString());
    if (file === undefined) throw new Error('there is no such handle');
    return file;
  };
  sftp.on('OPEN', (id, path, flags, { mode }) =>
    answer(id, () => {
      if (!(flags & OPEN_MODE.CREAT) || !(flags & OPEN_MODE.EXCL)) throw new Error('only new files');
      const handle = String(++handles);
      open.set(handle, openSync(resolve(home, path), 'wx', mode));
      sftp.handle(id, Buffer.from(handle));
    }),
  );
  sftp.on('WRITE', async (id, handle, offset, bytes) => {
    await beforeWrite?.();
    done(id, () => writeSync(fileOf(handle), bytes, 0, bytes.length, offset));
  });
  sftp.on('FSTAT', (id, handle) =>
    answer(id, () => {
      const { mode, uid, gid, size, atimeMs, mtimeMs } = fstatSync(fileOf(handle));
      sftp.attrs(id, { mode, uid, gid, size, atime: atimeMs / 1000, mtime: mtimeMs / 1000 });
    }),
  );
  const close = (handle: Buffer) => {
    const file = fileOf(handle);
    open.delete(handle.toString());
    closeSync(file);
  };
  sftp.on('CLOSE', (id, handle) => done(id, () => close(handle)));
  sftp.on('MKDIR', (id, path, { mode }) => done(id, () => mkdirSync(resolve(home, path), mode)));
  sftp.on('SYMLINK', (id, target, path) => done(id, () => symlinkSync(target, resolve(home, path))));
  sftp.on('error', () => {});
  sftp.on('close', () => {
    for (const file of open.values()) closeSync(file);
    open.clear();
  });
}
