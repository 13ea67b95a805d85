// The outcome as a table that a person can read.
import { cpus } from 'node:os';
import { quantile, type Round } from './load.ts';

export interface Measured {
  readonly name: string;
  readonly rounds: readonly Round[];
  readonly bytes: number;
  readonly memory: number | undefined;
}

const HEADINGS = ['', 'requests/s', 'hand-written', 'Mercurius', 'p50 ms', 'p99 ms', 'answer KB', 'RSS MB'];

const rateOf = (measured: Measured | undefined) =>
  quantile(
    (measured?.rounds ?? []).map((round) => round.rate),
    0.5,
  );

/** `floor` and `peer` are the names of the servers that the others are compared with. */
export function table(title: string, servers: readonly Measured[], floor: string, peer: string): string {
  const rateByName = (name: string) => rateOf(servers.find((server) => server.name === name));
  const lines = servers.map((server) => {
    const rate = rateOf(server);
    const latencies = server.rounds.flatMap((round) => round.latencies);
    return [
      server.name,
      rate.toFixed(rate < 1000 ? 1 : 0),
      `${(rate / rateByName(floor)).toFixed(2)} x`,
      `${(rate / rateByName(peer)).toFixed(2)} x`,
      quantile(latencies, 0.5).toFixed(2),
      quantile(latencies, 0.99).toFixed(2),
      (server.bytes / 1000).toFixed(1),
      server.memory?.toFixed(0) ?? '-',
    ];
  });
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const draw = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  return [title, draw(HEADINGS), ...lines.map(draw), ''].join('\n');
}

export const machine = () => `Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`;
