// A gateway in a process of its own that kills itself at a moment that is told to it by number: after a commit, or beside a word to a node.
//   stdin:  arm N      from now on the N-th such moment is its last      passed     how many there were; no more of them counts
//   stdout: url URL    armed    passed N
import { createInterface } from 'node:readline';
import { pino } from 'pino';

// The gateway as it is built: the sources hold what Node alone does not understand.
const built = (file: string) => import(new URL(`../../dist/${file}`, import.meta.url).href);
const { openGateway } = (await built('gateway.js')) as typeof import('../../src/gateway.ts');
const { readConfig } = (await built('config.js')) as typeof import('../../src/config.ts');
const { Store } = (await built('store/store.js')) as typeof import('../../src/store/store.ts');
const { Link } = (await built('fleet/link.js')) as typeof import('../../src/fleet/link.ts');

let left = Number.POSITIVE_INFINITY;
let passed = 0;

function moment(): void {
  passed++;
  if (--left === 0) process.kill(process.pid, 'SIGKILL');
}

type Connection = { execute(sql: string): Promise<{ count: number }[]> };
type WithConnection = { orm: { em: { getConnection(): Connection } } };

let changes = 0;
const write = Store.prototype.write;
Store.prototype.write = async function <T>(this: typeof Store.prototype, work: Parameters<typeof write<T>>[0]) {
  const result = await write.call(this, work);
  const connection = (this as never as WithConnection).orm.em.getConnection();
  const [row] = await connection.execute('select total_changes() as count');
  // What only read is no moment: before and after it everything is the same.
  if (row && row.count !== changes) {
    changes = row.count;
    moment();
  }
  return result as T;
};

const request = Link.prototype.request;
Link.prototype.request = function (this: typeof Link.prototype, ...words: Parameters<typeof request>) {
  moment();
  const { answer, finished } = request.apply(this, words);
  moment();
  const heard = answer.then((words) => {
    moment();
    return words;
  });
  return { answer: heard, finished };
};

const config = readConfig({
  GANTRY_DATA: process.env.GANTRY_DATA,
  GANTRY_SERVICE_TYPES: process.env.GANTRY_SERVICE_TYPES,
  GANTRY_PORT: '0',
});
const gateway = await openGateway(config, pino({ level: 'silent' }));
console.log(`url ${gateway.url}`);
for await (const line of createInterface({ input: process.stdin })) {
  const [word, number] = line.split(' ');
  if (word === 'arm') {
    passed = 0;
    left = Number(number);
    console.log('armed');
  } else {
    left = Number.POSITIVE_INFINITY;
    console.log(`passed ${passed}`);
  }
}
