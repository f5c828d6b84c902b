import { BackupError } from '../../../errors/backup-error.js';
import { databaseBusy, databaseFailed, databaseUnavailable, type Refused } from '../../../errors/database-errors.js';

/** Somebody else's transaction, or a write during the copy, interfered: worth another attempt. */
export class ContendedError extends Error {}

export function isContended(error: unknown): boolean {
  if (error instanceof ContendedError) return true;
  const { code, message } = describe(error);
  return /^SQLITE_(BUSY|LOCKED)/.test(code) || /\b(busy|locked)\b/i.test(message);
}

/** The public error for a driver's error; `what` completes "The database failed while the backup or restore …". */
export function failure(what: string, error: unknown): BackupError {
  if (error instanceof BackupError) return error;
  if (isContended(error)) return databaseBusy('The database', error);
  return isUnavailable(error) ? databaseUnavailable(error) : databaseFailed(what, error);
}

/** A file that cannot be opened now will not become readable in a moment. */
export function refusedBySqlite(error: unknown): Refused | undefined {
  return !isContended(error) && isUnavailable(error) ? 'file' : undefined;
}

function isUnavailable(error: unknown): boolean {
  const { code, message } = describe(error);
  if (/^(SQLITE_(CANTOPEN|NOTADB|PERM|AUTH)|ENOENT|ENOTDIR|EACCES|EPERM)/.test(code)) return true;
  return /connection is not open|directory does not exist|database closed/i.test(message);
}

/** Errors from better-sqlite3's own checks and from sql.js have no code; sql.js throws some messages as strings. */
function describe(error: unknown): { code: string; message: string } {
  const { code, message = error } = (error ?? {}) as { code?: unknown; message?: unknown };
  return { code: String(code), message: String(message) };
}
