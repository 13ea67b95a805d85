// What is known of a link beside its state, and host keys that a node must never show again.
import { Migration } from '@mikro-orm/migrations';

export class LinkFacts extends Migration {
  override up(): void {
    for (const column of LINK) this.addSql(`alter table "node_link" add column ${column}`);
    this.addSql(`alter table "node" add column "revoked_host_keys" text not null default '[]'`);
  }
}

const LINK = [
  '"attempts" integer not null default 0',
  '"next_attempt_at" text null',
  '"latency_ms" float null',
  '"last_error_reason" text null',
  '"last_error" text null',
  '"last_error_at" text null',
];
