// How processes are started again by their nodes: the pace of it per service, and when it is next tried.
import { Migration } from '@mikro-orm/migrations';

export class Restarts extends Migration {
  override up(): void {
    for (const column of SERVICE) this.addSql(`alter table "service" add column ${column} null`);
    this.addSql('alter table "process" add column "next_attempt_at" text null');
  }
}

const SERVICE = [
  '"restart_initial_delay" text',
  '"restart_factor" float',
  '"restart_max_delay" text',
  '"restart_jitter" float',
  '"restart_reset_after" text',
  '"restart_limit" integer',
  '"restart_window" text',
];
