// How the links to nodes stand.
import { Migration } from '@mikro-orm/migrations';

export class NodeLinks extends Migration {
  override up(): void {
    this.addSql(`create table "node_link" (
      "id" integer not null primary key autoincrement,
      "state" text not null,
      "since" text not null,
      "reason" text null,
      "message" text null,
      "node_id" integer not null,
      constraint "node_link_node_id_foreign" foreign key ("node_id") references "node" ("id") on delete cascade
    )`);
    this.addSql('create unique index "node_link_node_id_unique" on "node_link" ("node_id")');
  }
}
