// Why an artifact did not get to a node, in sentences that say what to do.
import { SftpRefusal } from '../sftp/files.ts';
import { STATUS } from '../sftp/packets.ts';
import { FleetError } from '../types.ts';

const ALMOST_FULL_KB = 1_024;

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** Throws DISK_FULL before a byte is sent that has no room. A node that cannot say how much there is has NaN. */
export function expectRoom(freeKb: number, bytes: number): void {
  if (Number.isNaN(freeKb) || freeKb * 1024 >= bytes) return;
  throw new FleetError(
    'DISK_FULL',
    `The artifact needs ${megabytes(bytes)} and the disk of the node has ${megabytes(freeKb * 1024)} left. Make room on it, then start again.`,
  );
}

const REFUSALS: Readonly<Record<number, string>> = {
  [STATUS.NO_SUCH_FILE]:
    'SFTP on the node does not show the folder that its login shell does: is it confined to another one?',
  [STATUS.PERMISSION_DENIED]: 'SFTP on the node may not write into the folder of its own user: is it read-only?',
  [STATUS.FAILURE]: 'SFTP on the node could not write: see its disk, its quota and its number of files.',
  [STATUS.UNSUPPORTED]: 'SFTP on the node cannot do all that copying takes: it has to make folders and links.',
};

/** What a person is told. `freeKb` is the room that the node had left at the failure; NaN if that is not known. */
export function failureOf(error: unknown, freeKb: number): unknown {
  if (error instanceof FleetError) return error;
  if (error instanceof SftpRefusal) {
    // SFTP has no word of its own for a full disk.
    if (error.code === STATUS.FAILURE && freeKb < ALMOST_FULL_KB) {
      return new FleetError('DISK_FULL', 'The disk of the node became full. Make room on it, then start again.');
    }
    const message = REFUSALS[error.code] ?? 'The node gave an answer to SFTP that is not understood.';
    return new FleetError('ARTIFACT_REFUSED', message);
  }
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) return error;
  return new FleetError('ARTIFACT_CHANGED', `A part of the artifact could not be read while it was copied (${code}).`);
}
