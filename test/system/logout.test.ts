// Log-out on a machine whose logind ends what users leave behind: nothing is started there that would end with the session.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { NodeTarget, ProcessSpec } from '../../src/fleet/types.ts';
import { Secret } from '../../src/secret.ts';
import { type TestFleet, testFleet } from '../kit/listener.ts';
import { until } from '../kit/until.ts';
import { makeUser, type User } from './servers.ts';
import { bootMachine, type Machine } from './systemd.ts';

const sleeper: ProcessSpec = { command: ['sleep', '1000'], env: {}, restart: 'NEVER' };
const timeout = { timeoutMs: 60_000 };
const stopNow = { graceMs: 2_000, timeoutMs: 60_000 };

// Before the tests are counted: whether there are any depends on it.
const machine = await bootMachine('log-out where logind ends what users leave behind');
afterAll(() => machine?.close());

if (machine) describe('where logind ends what users leave behind', () => logoutChecks(machine));
else describe('log-out', () => it.skip('needs a systemd that can be booted in namespaces', () => {}));

function logoutChecks({ port, folder, inside }: Machine): void {
  let user: User;
  let test: TestFleet;

  beforeAll(() => {
    user = makeUser('/bin/sh', '', folder);
  });
  afterAll(() => user.remove());
  afterEach(async () => {
    await test.fleet.close();
    await loggedOut();
  });

  const target = (overrides: Partial<NodeTarget> = {}): NodeTarget => ({
    id: 'ND1',
    host: '127.0.0.1',
    port,
    username: user.name,
    password: new Secret(user.password),
    hostKeys: [],
    ...overrides,
  });

  /** A new log-in; how processes are run there. */
  async function logIn(overrides: Partial<NodeTarget> = {}) {
    test = testFleet({ connectTimeoutMs: 60_000, heartbeatTimeoutMs: 30_000 });
    const { nodeId } = await test.reach(target(overrides));
    return test.fleet.connection(nodeId)?.facts;
  }

  const loggedOut = () =>
    until('no session is left', () => !inside('loginctl', 'list-sessions', '--no-legend').includes(user.name), 60_000);

  async function survivesLogOut(overrides: Partial<NodeTarget>): Promise<void> {
    const { pid } = await test.fleet.start('ND1', 'a', sleeper, timeout);
    await test.fleet.close();
    await loggedOut();
    await logIn(overrides);
    const [found] = await test.fleet.refresh('ND1', timeout);
    expect(found).toMatchObject({ state: 'RUNNING', pid });
  }

  it('starts nothing without lingering, and says what is missing', async () => {
    const facts = await logIn();
    expect(facts).toMatchObject({
      driver: null,
      init: 'systemd',
      driverReason: expect.stringContaining('enable-linger'),
    });
    await expect(test.fleet.start('ND1', 'a', sleeper, timeout)).rejects.toMatchObject({
      reason: 'NOT_KEPT',
      message: expect.stringContaining('KillUserProcesses=yes'),
    });
  });

  it('runs processes as units with lingering, which live on', async () => {
    inside('loginctl', 'enable-linger', user.name);
    expect(await logIn()).toMatchObject({ driver: 'SYSTEMD' });
    await survivesLogOut({});
    expect(await test.fleet.stop('ND1', 'a', stopNow)).toMatchObject({ signal: 'SIGTERM' });
  });

  it('keeps children of keepers out of the session where systemd is refused, and they live on', async () => {
    const facts = await logIn({ driver: 'KEEPER' });
    expect(facts).toMatchObject({ driver: 'KEEPER', driverReason: expect.stringContaining('scopes') });
    await survivesLogOut({ driver: 'KEEPER' });
    expect(await test.fleet.stop('ND1', 'a', stopNow)).toMatchObject({ signal: 'SIGTERM' });
  });
}
