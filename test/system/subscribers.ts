// What happens while others follow: real mutations, several to a document, one after another and at the same time; and who follows what.
import { setTimeout as sleep } from 'node:timers/promises';
import type { KilledGateway } from '../kit/killed.ts';
import type { Row } from '../kit/table.ts';

export interface Interest {
  readonly filter: object | undefined;
  /** The same, of a row of the table. */
  readonly isMet: (row: Row) => boolean;
}

const of = (filter: object | undefined, isMet: (row: Row) => boolean): Interest => ({ filter, isMet });

/** One in ten follows everything. */
export const INTERESTS: readonly Interest[] = [
  of(undefined, () => true),
  of({ types: ['UPDATED'] }, ({ type }) => type === 'UPDATED'),
  of(
    { types: ['UPDATED', 'RELATION_ADDED'], subject: { type: 'USER', id: 'u3@example.com' } },
    (row) =>
      ['UPDATED', 'RELATION_ADDED'].includes(row.type) &&
      (row.subject_type === 'USER' || row.related_type === 'USER') &&
      (row.subject_id === 'u3@example.com' || row.related_id === 'u3@example.com'),
  ),
  of(
    { types: ['RELATION_REMOVED'], tenant: 't5' },
    ({ type, tenants }) => type === 'RELATION_REMOVED' && (JSON.parse(tenants) as string[]).includes('t5'),
  ),
  ...[0, 1, 2].map((number) =>
    of({ tenant: `t${number}` }, ({ tenants }) => (JSON.parse(tenants) as string[]).includes(`t${number}`)),
  ),
  ...[0, 1, 2].map((number) => {
    const id = `u${number}@example.com`;
    return of({ subject: { id } }, (row) => row.subject_id === id || row.related_id === id);
  }),
];

const TENANTS = 32;
const tenants = (from: number) => Array.from({ length: TENANTS / 2 }, (_, number) => `t${from + number}`);

/** Makes what the writers change. */
export async function prepare(gateway: KilledGateway): Promise<void> {
  for (let number = 0; number < TENANTS; number++)
    await gateway.run('mutation ($id: ID!) { createTenant(input: { id: $id, name: "T" }) { cursor } }', {
      id: `t${number}`,
    });
  for (let number = 0; number < 8; number++)
    await gateway.run(
      'mutation ($email: ID!) { createUser(input: { email: $email, name: "U", password: "a long enough password" }) { cursor } }',
      { email: `u${number}@example.com` },
    );
}

/** Changes names, and whom the user of this writer belongs to, until it is told to end. A gateway that is away is asked again. */
export async function write(gateway: KilledGateway, writer: number, isOn: () => boolean): Promise<void> {
  const user = `u${writer}@example.com`;
  for (let round = 0; isOn(); round++) {
    const renames = Array.from(
      { length: 2 },
      (_, each) =>
        `r${each}: updateTenant(id: "t${(writer * 4 + each + round) % TENANTS}", input: { name: "${writer} ${round} ${each}" }) { cursor }`,
    );
    const all = `belong: updateUser(id: "${user}", input: { tenants: $to }) { cursor }`;
    const document = `mutation ($to: [ID!]) { ${renames[0]} ${all} ${renames[1]} }`;
    await gateway.run(document, { to: tenants((round % 2) * (TENANTS / 2)) }).catch(async (error: Error) => {
      if (error.message.startsWith('[')) throw error;
      await sleep(20);
    });
  }
}
