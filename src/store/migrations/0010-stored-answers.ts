// Answers kept for requests that are sent again.
import { Migration } from '@mikro-orm/migrations';

export class StoredAnswers extends Migration {
  override up(): void {
    this.addSql(`create table "stored_answer" (
      "id" integer not null primary key autoincrement,
      "scope" text not null,
      "key" text not null,
      "fingerprint" text not null,
      "operation" text null,
      "answer" text null,
      "created_at" text not null
    )`);
    this.addSql('create unique index "stored_answer_scope_key_unique" on "stored_answer" ("scope", "key")');
    this.addSql('create index "stored_answer_created_at_index" on "stored_answer" ("created_at")');
  }
}
