// How processes are looked at by their nodes, and what was seen.
import { Migration } from '@mikro-orm/migrations';

export class Health extends Migration {
  override up(): void {
    for (const column of SERVICE) this.addSql(`alter table "service" add column "health_check_${column}" text null`);
    for (const column of COUNTS) this.addSql(`alter table "service" add column "health_check_${column}" integer null`);
    for (const column of PROCESS) this.addSql(`alter table "process" add column ${column}`);
  }
}

const SERVICE = 'kind host port path expected_status command interval timeout start_period'.split(' ');
const COUNTS = ['healthy_threshold', 'unhealthy_threshold'];
const PROCESS = [
  '"health" text not null default \'NOT_CHECKED\'',
  '"health_message" text null',
  '"health_since" text null',
  '"checked" integer not null default false',
];
