// Opens a further channel on a connection that is there, for a subsystem of the server.
import type { Client, ClientChannel } from 'ssh2';
import { FleetError } from '../types.ts';

/** Throws FleetError: NO_SFTP where the server has none or allows no further channel, TIMEOUT, or that by which `down` ends. */
export function openSubsystem(
  client: Client,
  name: 'sftp',
  timeoutMs: number,
  down: Promise<FleetError>,
): Promise<ClientChannel> {
  const { promise, resolve, reject } = Promise.withResolvers<ClientChannel>();
  let isOver = false;
  const timer = setTimeout(
    () => reject(new FleetError('TIMEOUT', 'The node opened no channel for SFTP in time.')),
    timeoutMs,
  );
  void down.then(reject);
  try {
    client.subsys(name, (error, channel) => {
      if (error) reject(none());
      else if (isOver)
        channel.destroy(); // nobody waits for it any longer
      else resolve(channel);
    });
  } catch {
    reject(new FleetError('LOST', 'The connection was lost before the artifact was copied.'));
  }
  return promise.finally(() => {
    isOver = true;
    clearTimeout(timer);
  });
}

const none = () =>
  new FleetError(
    'NO_SFTP',
    'The SSH server of the node offers no SFTP, or no second channel. Artifacts are copied by SFTP: in OpenSSH, set `Subsystem sftp internal-sftp`, and MaxSessions above 1.',
  );
