import { BackupError } from '../../../../backup.errors.js';
import { DEADLOCK_DETECTED, LOCK_NOT_AVAILABLE } from '../error-codes.js';
import { isLost } from '../lost-connection.js';

/**
 * Driver messages quote values, and rows are secrets: of an error only what the server says about its place is kept.
 * @param what completes "the database failed while it …"
 */
export function sessionFailure(what: string, error: unknown): BackupError {
  if (error instanceof BackupError) return error;
  const { code, constraint, column } = error as { code?: string; constraint?: string; column?: string };
  if (code === LOCK_NOT_AVAILABLE || code === DEADLOCK_DETECTED) return BackupError.databaseBusy('A table');
  if (isLost(code)) {
    return BackupError.restoreFailed(`the connection to the database was lost while it ${what} (${code ?? 'closed'})`);
  }
  const place = [constraint && `constraint ${constraint}`, column && `column ${column}`, code].filter(Boolean);
  return BackupError.restoreFailed(`the database failed while it ${what} (${place.join(', ')})`);
}
