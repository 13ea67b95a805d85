// How rolling restarts are carried out: their settings, and the batch of each step.
import { Migration } from '@mikro-orm/migrations';

export class RollingRestarts extends Migration {
  override up(): void {
    for (const column of OPERATION) this.addSql(`alter table "operation" add column ${column} null`);
    this.addSql('alter table "operation_step" add column "batch" integer null');
  }
}

const OPERATION = [
  '"batch_size" integer',
  '"batch_percent" integer',
  '"pause" text',
  '"max_down" integer',
  '"patience" text',
  '"on_failure" text',
];
