// Things to try the rules on, made anew for each.
import type { Subject } from '../audit.ts';

export const newInstance = async (subject: Subject, more: object = {}): Promise<string> =>
  (await subject.json('POST', '/1.0/instances', { name: 'Audit', zk: 'zk:2181', redis: 'redis://r', ...more }, 201)).id;

export const newTenant = async (subject: Subject): Promise<string> =>
  (await subject.json('POST', '/1.0/tenants', { id: subject.fresh('audit'), name: 'Audit' }, 201)).id;

export const newNode = async (subject: Subject, instance: string): Promise<string> =>
  (
    await subject.json('POST', `/1.0/instances/${instance}/nodes`, {
      name: 'nobody there',
      // Reserved for documentation: no machine has it.
      'ip-address': '127.0.0.1',
      username: 'u',
      password: 'p',
    })
  ).id;

export const newService = async (subject: Subject, instance: string): Promise<string> =>
  (
    await subject.json('POST', `/1.0/instances/${instance}/services`, {
      name: 's',
      type: 'command',
      options: { command: ['sleep', '1000'] },
    })
  ).id;
