import type { Database } from '../database/database.js';
import { unhealthy } from '../errors/online-restore-errors.js';
import { withDeadline } from '../support/deadline.js';

/** In milliseconds. */
const LIMIT_MS = 60_000;

/**
 * Whether the application is well with the restored data.
 * @param own the application's function; null for the usual check: its database answers, and all its migrations have been run
 * @throws BackupError `UNHEALTHY`; the signal's reason
 */
export async function checkHealth(
  own: (() => Promise<boolean>) | null,
  databases: Database,
  signal: AbortSignal,
): Promise<void> {
  const late = () => unhealthy(`the check did not end within ${LIMIT_MS / 1_000} seconds`);
  const isHealthy = await withDeadline(LIMIT_MS, (own ?? (() => usual(databases)))(), late, signal).catch(
    (error: unknown) => {
      if (signal.aborted || (error as { code?: unknown })?.code === 'UNHEALTHY') throw error;
      throw unhealthy('the check threw', error);
    },
  );
  if (!isHealthy) throw unhealthy('the check returned false');
}

async function usual(databases: Database): Promise<boolean> {
  await databases.answers();
  const pending = await databases.pendingMigrations();
  if (pending.length > 0) throw unhealthy(`migration "${pending[0]!}" has not been run`);
  return true;
}
