import { DatabaseService } from '../../database/database.service.js';
import { pluralize } from '../../support/quantities.js';
import type { Terminal } from '../output/terminal.js';
import { type Host, serviceOf } from './boot-host.js';

/** Names the migrations that the application has but its database has not run: a command runs none by itself. */
export async function sayPending(terminal: Terminal, host: Host, remark: string): Promise<void> {
  const pending = await serviceOf(host, DatabaseService).pendingMigrations();
  if (pending.length === 0) return;
  const count = pending.length === 1 ? '1 migration has' : `${pluralize(pending.length, 'migration')} have`;
  terminal.warn(`Warning: ${count} not been run on this database: ${pending.join(', ')}. ${remark}`);
}
