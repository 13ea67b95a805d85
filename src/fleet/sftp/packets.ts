// Packets of SFTP, version 3 (draft-ietf-secsh-filexfer-02): as many of them as sending files takes. Pure, and trusts nothing.

/** What is asked. */
export const REQUEST = { INIT: 1, OPEN: 3, CLOSE: 4, WRITE: 6, FSTAT: 8, MKDIR: 14, SYMLINK: 20 } as const;
/** What is answered. */
export const REPLY = { VERSION: 2, STATUS: 101, HANDLE: 102, ATTRS: 105 } as const;
/** Codes of a status. All else that goes wrong on a disk is FAILURE, a full one too. */
export const STATUS = { OK: 0, NO_SUCH_FILE: 2, PERMISSION_DENIED: 3, FAILURE: 4, UNSUPPORTED: 8 } as const;
export const OPEN_NEW = 0x02 | 0x08 | 0x20; // write, create, and only if nothing is there

const HAS_SIZE = 0x1;
const HAS_MODE = 0x4;
// Handles are 256 bytes at most; a status has a sentence. What is longer is not SFTP, or not meant well.
const MAX_REPLY = 64 * 1024;

export interface Reply {
  readonly type: number;
  /** What follows the id. */
  readonly body: Buffer;
}

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export const uint64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

/** A string of the protocol: its length, then its bytes. */
export const counted = (value: string | Buffer): Buffer[] => {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return [uint32(bytes.length), bytes];
};

/** Attributes that say the permissions and nothing else. */
export const mode = (permissions: number): Buffer => Buffer.concat([uint32(HAS_MODE), uint32(permissions)]);

export function packet(type: number, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 1);
  return Buffer.concat([uint32(length), Buffer.from([type]), ...parts]);
}

/** The code of a status; undefined if it is none. */
export const statusOf = ({ type, body }: Reply): number | undefined =>
  type === REPLY.STATUS && body.length >= 4 ? body.readUInt32BE(0) : undefined;

/** The handle of an open file; undefined if it is none. */
export function handleOf({ type, body }: Reply): Buffer | undefined {
  if (type !== REPLY.HANDLE || body.length < 4) return undefined;
  const length = body.readUInt32BE(0);
  return length <= 256 && body.length >= 4 + length ? body.subarray(4, 4 + length) : undefined;
}

/** The size that attributes say; undefined if they do not. */
export function sizeOf({ type, body }: Reply): number | undefined {
  if (type !== REPLY.ATTRS || body.length < 12 || (body.readUInt32BE(0) & HAS_SIZE) === 0) return undefined;
  return Number(body.readBigUInt64BE(4));
}

/** Cuts a byte stream into packets. The length word is the other side's: it never decides what is kept in memory. */
export class PacketSplitter {
  #rest: Buffer = Buffer.alloc(0);

  /** Packets, each without its length; undefined when what comes is not SFTP. */
  push(chunk: Buffer): Buffer[] | undefined {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const packets: Buffer[] = [];
    while (bytes.length >= 4) {
      const length = bytes.readUInt32BE(0);
      if (length < 5 || length > MAX_REPLY) return undefined;
      if (bytes.length < 4 + length) break;
      packets.push(bytes.subarray(4, 4 + length));
      bytes = bytes.subarray(4 + length);
    }
    this.#rest = Buffer.from(bytes);
    return packets;
  }
}
