// Processes that were deleted though they could not be stopped, and how to reach their nodes where those were deleted, too.
import { Migration } from '@mikro-orm/migrations';

export class Tombstones extends Migration {
  override up(): void {
    this.addSql(`create table "tombstone" (
      "id" text not null primary key,
      "instance_id" text not null,
      "service_id" text not null,
      "service_name" text not null,
      "node_id" text not null,
      "node_name" text not null,
      "actor" text not null,
      "attempts" integer not null default 0,
      "last_error_reason" text null,
      "last_error" text null,
      "last_attempt_at" text null,
      "created_at" text not null,
      "expires_at" text not null
    )`);
    this.addSql('create index "tombstone_node_id_index" on "tombstone" ("node_id")');
    this.addSql(`create table "former_node" (
      "id" integer not null primary key,
      "ip_address" text not null,
      "port" integer not null,
      "username" text not null,
      "password_sealed" text null,
      "private_key_sealed" text null,
      "passphrase_sealed" text null,
      "driver" text not null,
      "host_keys" text not null,
      "revoked_host_keys" text not null
    )`);
  }
}
