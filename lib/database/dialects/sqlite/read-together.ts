import type { SqliteConnection } from './connection.js';

/**
 * Runs reads of one state within this turn of the event loop. A file is locked once for all of them: one that others
 * write to all the time is not free as often as each read would need it.
 */
export function readTogether<Result>(connection: SqliteConnection, read: () => Result): Result {
  connection.exec('BEGIN');
  try {
    const result = read();
    connection.exec('COMMIT');
    return result;
  } catch (error) {
    try {
      connection.exec('ROLLBACK');
    } catch {
      // After some errors SQLite has done so by itself.
    }
    throw error;
  }
}
