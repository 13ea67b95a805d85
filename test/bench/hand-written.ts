// The floor: the three reads as a person would write them for speed alone, prepared SQL behind node:http.
import { createServer } from 'node:http';
import { DEEP, emailOfCursor, INSTANCE, USERS } from './cases.ts';
import { serve } from './child.ts';
import { keyOf, openDatabase } from './database.ts';

type Variables = Readonly<Record<string, string>>;

const database = openDatabase(process.argv[2] as string);

// As a blob the answer comes out of the database as the bytes that are sent.
const prepare = (json: string) => database.prepare<unknown[], Buffer>(`select cast(${json} as blob)`).pluck();

const instance = prepare(`json_object('data', json_object('instance', (
  select json_object('id', 'IN' || id, 'name', name, 'zk', zk, 'redis', redis, 'auth', auth, 'api', api, 'version', version)
  from instance where id = ?)))`);

const deep = prepare(`json_object('data', json_object('instances', json_object('nodes', (
  select json_group_array(json_object(
    'id', 'IN' || i.id,
    'name', i.name,
    'nodes', json_object('nodes', (
      select json_group_array(json_object('id', 'ND' || id, 'name', name, 'ipAddress', ip_address, 'status', json(iif(status, 'true', 'false'))))
      from (select id, name, ip_address, status from node where instance_id = i.id order by id limit 20))),
    'services', json_object('nodes', (
      select json_group_array(json_object('id', 'SV' || s.id, 'name', s.name, 'type', s.type,
        'processes', json_object('nodes', (
          select json_group_array(json_object('id', id, 'status', status))
          from (select id, status from process where service_id = s.id order by created_at, id limit 40)))))
      from (select id, name, type from service where instance_id = i.id order by id limit 20) s))))
  from (select id, name from instance order by id limit 50) i))))`);

const users = prepare(`(
  with page as materialized (select email, name from user where email > ? order by email limit 101),
    shown as (select email, name from page limit 100)
  select json_object('data', json_object('users', json_object(
    'nodes', (select json_group_array(json_object('email', email, 'name', name, 'tenants', json_object('nodes', (
      select json_group_array(json_object('id', id, 'name', name))
      from (select t.id, t.name from user_tenant j join tenant t on t.id = j.tenant_id
        where j.user_email = shown.email order by j.tenant_id limit 50))))) from shown),
    'pageInfo', json_object(
      'endCursor', (select lower(hex(json_array('key', last, last))) from (select max(email) last from shown) where last is not null),
      'hasNextPage', json(iif((select count(*) from page) > 100, 'true', 'false')))))))`);

const answers = new Map<string, (variables: Variables) => Buffer>([
  [INSTANCE, ({ id = '' }) => instance.get(keyOf(id)) as Buffer],
  [DEEP, () => deep.get() as Buffer],
  [USERS, ({ after }) => users.get(after ? emailOfCursor(after) : '') as Buffer],
]);

serve(
  createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { query, variables } = JSON.parse(Buffer.concat(chunks).toString()) as {
        query: string;
        variables: Variables;
      };
      const answer = answers.get(query)?.(variables);
      if (!answer) return response.writeHead(400).end();
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': answer.length });
      return response.end(answer);
    });
  }),
);
