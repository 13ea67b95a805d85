// How a node runs processes: what it is set to, and what was chosen there and why; and what the node is.
import { Migration } from '@mikro-orm/migrations';

export class NodeDrivers extends Migration {
  override up(): void {
    this.addSql(`alter table "node" add column "driver" text not null default 'AUTO'`);
    for (const column of LINK) this.addSql(`alter table "node_link" add column "${column}" text null`);
  }
}

const LINK = ['driver', 'driver_reason', 'kernel', 'shell', 'init'];
