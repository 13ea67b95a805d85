// Settings: defaults, and every mistake at once.
import { describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';

describe('settings', () => {
  it('have defaults for all', () => {
    expect(readConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: 4000,
      logLevel: 'info',
      shutdownMs: 10_000,
      serviceTypes: undefined,
    });
    expect(readConfig({}).database).toMatch(/\/data\/gantry\.db$/);
    expect(readConfig({ GANTRY_PORT: '' }).port).toBe(4000);
  });

  it('lead to the files of the data folder, unless those are named', () => {
    expect(readConfig({ GANTRY_DATA: '/srv/g' })).toMatchObject({
      database: '/srv/g/gantry.db',
      keyFile: '/srv/g/keys',
    });
    const named = { GANTRY_DATA: '/srv/g', DATABASE_URL: 'sqlite:/db/x.db', GANTRY_KEY_FILE: '/keys/k' };
    expect(readConfig(named)).toMatchObject({ database: '/db/x.db', keyFile: '/keys/k' });
  });

  it('that are wrong are all named in one error, and so are those that do not exist', () => {
    const wrong = {
      GANTRY_PORT: '70000',
      GANTRY_LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://x',
      GANTRY_HOTS: 'x',
      GANTRY_SHUTDOWN_SECONDS: '-1',
    };
    for (const name of Object.keys(wrong)) expect(() => readConfig(wrong)).toThrow(name);
  });

  it('do not take what a gateway gives its processes for mistakes', () => {
    expect(() =>
      readConfig({ GANTRY_OPTION_PORT: '1', GANTRY_SERVICE_ID: 'SV1', GANTRY_INSTANCE_ZK: 'z', GANTRY_TOKEN: 'x' }),
    ).not.toThrow();
  });
});
