import type { DataSource } from 'typeorm';
import { BackupError } from '../../../../backup.errors.js';
import type { RestoreDialect, RestoreSession } from '../../restore-dialect.js';
import type { SqliteConnection } from '../connection.js';
import { BetterSqlite3Opener } from '../better-sqlite3.js';
import { listDatabases } from '../databases.js';
import { isMarked, unmark } from './marks.js';
import { SqliteRestoreSession } from './restore-session.js';
import { openTarget } from './target.js';

class SqliteRestore implements RestoreDialect {
  constructor(private readonly dataSource: DataSource) {}

  /** What lives in the application's memory is restored over its own connection: it has to be still meanwhile. */
  async openRestore(signal?: AbortSignal): Promise<RestoreSession> {
    if (signal?.aborted) throw BackupError.aborted();
    const target = await this.target();
    try {
      return new SqliteRestoreSession(this.dataSource.options.type, target, signal);
    } catch (error) {
      if (!target.shared) target.connection.close();
      throw BackupError.databaseFailed('read the catalog', error);
    }
  }

  /** Everything that a restore sets aside is inside of its transaction, which ended with its connection. */
  async recover(): Promise<void> {}

  wasCommitted(id: string): Promise<boolean> {
    return this.withConnection((connection) => isMarked(connection, id));
  }

  forget(id: string): Promise<void> {
    return this.withConnection((connection) => unmark(connection, id));
  }

  private async withConnection<T>(work: (connection: SqliteConnection) => T): Promise<T> {
    const { connection, shared } = await this.target();
    try {
      return work(connection);
    } finally {
      if (!shared) connection.close();
    }
  }

  private async target() {
    try {
      return await openTarget(this.dataSource, mainFile(this.dataSource));
    } catch (error) {
      throw BackupError.databaseUnavailable(error);
    }
  }
}

/** The main database's file, undefined for one in memory. */
function mainFile(dataSource: DataSource): string | undefined {
  if (dataSource.options.type === 'sqljs') return undefined;
  const { files } = listDatabases(new BetterSqlite3Opener(dataSource).app);
  return files.find(({ name }) => name === 'main')?.file;
}

export const sqliteRestore = (dataSource: DataSource): RestoreDialect => new SqliteRestore(dataSource);
