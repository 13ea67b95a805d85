// Tokens of users, by what proves them.
import { Migration } from '@mikro-orm/migrations';

export class Tokens extends Migration {
  override up(): void {
    this.addSql(
      `create table "token" ("id" text not null, "name" text not null, "digest" text not null, "role" text not null, "created_at" text not null, "expires_at" text not null, "last_used_at" text null, "user_email" text not null, constraint "token_user_email_foreign" foreign key ("user_email") references "user" ("email") on delete cascade on update cascade, primary key ("id"))`,
    );
    this.addSql('create index "token_user_email_index" on "token" ("user_email")');
  }
}
