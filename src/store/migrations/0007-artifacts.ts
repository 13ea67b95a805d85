// Artifacts: the version that an operation starts with, how far its copies are, and what each process was started with.
import { Migration } from '@mikro-orm/migrations';

export class ArtifactVersions extends Migration {
  override up(): void {
    this.addSql('alter table "process" add column "artifact" text null');
    this.addSql('alter table "operation_step" add column "artifact_bytes_sent" integer null');
    this.addSql('alter table "operation_step" add column "artifact_bytes" integer null');
    this.addSql(`create table "operation_artifact" (
      "id" integer not null primary key autoincrement,
      "type" text not null,
      "hash" text not null,
      "name" text not null,
      "operation_id" text not null,
      constraint "operation_artifact_operation_id_foreign" foreign key ("operation_id") references "operation" ("id") on delete cascade
    )`);
    this.addSql(
      'create unique index "operation_artifact_operation_id_type_unique" on "operation_artifact" ("operation_id", "type")',
    );
  }
}
