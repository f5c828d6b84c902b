import { databaseFailed } from '../../../../errors/database-errors.js';
import { outcomeUnknown } from '../../../../errors/restore-errors.js';
import type { SqliteConnection } from '../connection.js';
import { ContendedError, failure } from '../errors.js';
import { readTogether } from '../read-together.js';
import { retryWhileBusy } from '../retry-while-busy.js';
import type { LongStatements } from './open-files.js';
import { createMarks } from './restore-record.js';
import type { Target } from './target.js';
import { ThreadEndedError } from './thread/database-thread.js';

const WHAT = 'The database';

/** The one transaction of a restore, in which foreign keys are not enforced. */
export class Transaction {
  /** Whether the connection enforced foreign keys; known while it does not. */
  private enforced: boolean | undefined;
  private open = false;

  private readonly connection: SqliteConnection;
  private readonly long: LongStatements;
  private readonly shared: boolean;

  constructor(
    { connection, long, shared }: Target,
    private readonly check: () => void,
  ) {
    this.connection = connection;
    this.long = long;
    this.shared = shared;
  }

  /** Runs reads of one state: in this transaction, or in one of their own before it. */
  readTogether<Result>(read: () => Result): Result {
    // On a shared connection the application may have a transaction open, and nobody else a lock.
    return this.open || this.shared ? read() : readTogether(this.connection, read);
  }

  /**
   * @throws BackupError `DATABASE_BUSY` when others write, or have a transaction open on this connection, for too long
   */
  begin(): Promise<void> {
    return retryWhileBusy(WHAT, this.check, () => {
      this.beginNow();
      try {
        // The table of marks is created permanently, before anything else.
        if (!createMarks(this.connection)) return;
        this.connection.exec('COMMIT');
        this.open = false;
        this.beginNow();
      } catch (error) {
        this.end();
        throw error;
      }
    });
  }

  /**
   * @throws BackupError `DATABASE_BUSY` when readers remain, `OUTCOME_UNKNOWN` when the disk fails, otherwise
   *   `DATABASE_FAILED`; rolled back in any case
   */
  async commit(): Promise<void> {
    if (!this.open) throw databaseFailed('committed a transaction that had ended');
    try {
      // ContendedError, a transaction stays open.
      await retryWhileBusy(WHAT, this.check, () => this.long.exec('COMMIT', 'control'));
      this.open = false;
    } catch (error) {
      const { code, message } = error as { code?: unknown; message?: unknown };
      const onDisk = String(code).startsWith('SQLITE_IOERR') || /disk I\/O error/i.test(String(message));
      throw onDisk || error instanceof ThreadEndedError
        ? outcomeUnknown(error)
        : failure('committed the restore', error);
    } finally {
      this.end();
    }
  }

  /**
   * Rolls back what is not committed, and switches the connection's enforcement of foreign keys on again if it was on.
   */
  end(): void {
    // After some errors SQLite has rolled back by itself, and the application may have closed its connection.
    if (this.open) this.attempt('ROLLBACK');
    this.open = false;
    if (this.enforced) this.attempt('PRAGMA foreign_keys = ON');
    this.enforced = undefined;
  }

  private attempt(sql: string): void {
    this.long.exec(sql, 'control').catch(() => {});
  }

  /** Synchronously, so that the application runs nothing without its foreign keys. */
  private beginNow(): void {
    this.enforced ??= this.connection.all('PRAGMA foreign_keys')[0]?.[0] === 1n;
    // Within a transaction, which only the application can have started, this has no effect.
    this.connection.exec('PRAGMA foreign_keys = OFF');
    try {
      this.connection.exec('BEGIN IMMEDIATE');
      this.open = true;
    } catch (error) {
      this.end();
      const nested = /within a transaction/i.test(String((error as { message?: unknown }).message));
      throw nested ? new ContendedError('The application has a transaction open.') : error;
    }
  }
}
