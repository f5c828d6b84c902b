import { BackupError } from '../../../../errors/backup-error.js';
import { databaseBusy, outOfLocks } from '../../../../errors/database-errors.js';
import { restoreFailed } from '../../../../errors/restore-errors.js';
import { conditionOf, DEADLOCK_DETECTED, isLost, isOutOfLocks, LOCK_NOT_AVAILABLE } from '../errors.js';

/**
 * The error for what the server refused. Driver messages quote values, and rows are secrets: only what the server says
 * about the location is kept.
 * @param what completes "the database failed while it …"
 * @param eventTriggers those that may have refused it
 */
export function sessionFailure(what: string, error: unknown, eventTriggers: readonly string[] = []): BackupError {
  if (error instanceof BackupError) return error;
  const { code, constraint, column } = error as { code?: string; constraint?: string; column?: string };
  if (code === LOCK_NOT_AVAILABLE || code === DEADLOCK_DETECTED) return databaseBusy('A table');
  if (isOutOfLocks(error)) return outOfLocks(`The restore failed and was rolled back while it ${what}`);
  if (isLost(code)) {
    return restoreFailed(
      `the connection to the database was lost while it ${what} (${code ? conditionOf(code) : 'closed'})`,
    );
  }
  const place = [
    constraint && `constraint ${constraint}`,
    column && `column ${column}`,
    code && conditionOf(code),
  ].filter(Boolean);
  const meanwhile = eventTriggers.map((name) => `"${name}"`).join(', ');
  const hint = meanwhile && `; event triggers that this role cannot disable fired in the meantime: ${meanwhile}`;
  return restoreFailed(`the database failed while it ${what} (${place.join(', ')})${hint}`);
}
