// Keeps a listener's mistakes from breaking a link, and writes the fleet's log.
import type { Logger } from 'pino';
import type { Connection, FleetListener } from './types.ts';

type Log = Pick<Logger, 'info' | 'warn' | 'error' | 'debug'>;

function logConnection(log: Log, connection: Connection): void {
  const { nodeId, state, reason, message } = connection;
  if (reason === undefined) log.info({ nodeId, state }, 'node link');
  else log.warn({ nodeId, state, reason }, message ?? 'node link');
}

/** The same listener; what it throws is logged instead. A rejected pin stays rejected: it refuses the connection. */
export function guard(listener: FleetListener, log: Log): FleetListener {
  const call = (what: string, nodeId: string, act: () => void) => {
    try {
      act();
    } catch (error) {
      log.error({ nodeId, err: error }, `the fleet's listener failed at ${what}`);
    }
  };
  return {
    async pin(nodeId, keys, at) {
      log.info({ nodeId, hostKeys: keys }, 'first contact');
      await listener.pin(nodeId, keys, at);
    },
    async proven(nodeId, keys, at) {
      try {
        await listener.proven(nodeId, keys, at);
      } catch (error) {
        log.error({ nodeId, err: error }, "the fleet's listener failed at proven");
      }
    },
    connection(connection) {
      logConnection(log, connection);
      call('connection', connection.nodeId, () => listener.connection(connection));
    },
    tried(connection) {
      call('tried', connection.nodeId, () => listener.tried(connection));
    },
    measured(nodeId, latencyMs) {
      call('measured', nodeId, () => listener.measured(nodeId, latencyMs));
    },
    snapshot(nodeId, all) {
      call('snapshot', nodeId, () => listener.snapshot(nodeId, all));
    },
    observed(nodeId, observation) {
      call('observed', nodeId, () => listener.observed(nodeId, observation));
    },
  };
}
