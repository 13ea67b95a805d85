// What a step remembers: what was wanted before it, for a cancellation, and how far it has come, for the next start of the gateway.
import { Migration } from '@mikro-orm/migrations';

export class StepsThatGoOn extends Migration {
  override up(): void {
    this.addSql('alter table "operation_step" add column "previous_desired" text null');
    this.addSql('alter table "operation_step" add column "stopped_at" text null');
    this.addSql('create index "operation_step_process_id_index" on "operation_step" ("process_id")');
  }
}
