// The log of what happened.
import { Migration } from '@mikro-orm/migrations';

export class Events extends Migration {
  override up(): void {
    this.addSql(`create table "event_audience" (
      "id" integer not null primary key autoincrement,
      "tenants" text not null
    )`);
    this.addSql('create unique index "event_audience_tenants_unique" on "event_audience" ("tenants")');
    this.addSql(`create table "event" (
      "seq" integer not null,
      "at" text not null,
      "type" text not null,
      "subject_type" text not null,
      "subject_id" text not null,
      "related_type" text null,
      "related_id" text null,
      "instance_id" text null,
      "actor" text null,
      "operation_id" text null,
      "before" text null,
      "after" text null,
      "hash" text not null,
      "audience_id" integer not null,
      constraint "event_audience_id_foreign" foreign key ("audience_id") references "event_audience" ("id"),
      primary key ("seq")
    )`);
    for (const column of ['type', 'subject_id', 'related_id', 'instance_id', 'actor', 'operation_id', 'audience_id'])
      this.addSql(`create index "event_${column}_index" on "event" ("${column}")`);
    this.addSql(`create table "event_head" (
      "id" integer not null,
      "seq" integer not null,
      "hash" text not null,
      "anchor_seq" integer not null,
      "anchor_hash" text not null,
      primary key ("id")
    )`);
    // Random, so that a cursor of one store is none of another's.
    this.addSql(`insert into "event_head" ("id", "seq", "hash", "anchor_seq", "anchor_hash")
      select 1, 0, start, 0, start from (select lower(hex(randomblob(32))) as start)`);
  }
}
