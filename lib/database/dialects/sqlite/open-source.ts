import type { DataSource } from 'typeorm';
import { BetterSqlite3Opener } from './better-sqlite3.js';
import type { SqliteConnection } from './connection.js';
import { removeStaleCopies } from './copy-file.js';
import { listDatabases } from './databases.js';
import { openCopies } from './open-copy.js';
import { openWal } from './open-wal.js';
import { retryWhileBusy } from './retry-while-busy.js';
import { copySqlJs, toConnection as sqlJsConnection, sqlJsDatabase } from './sql-js.js';

/** A connection of its own that shows one snapshot of the application's database. */
export interface Source {
  readonly connection: SqliteConnection;
  /** What the snapshot does not include, in sentences. */
  readonly caveats: readonly string[];
}

/**
 * The application has a single connection, which is never iterated and never used for a transaction. Only for the
 * holder of the backup lock.
 * @param check throws when waiting is to end
 */
export async function openSource(dataSource: DataSource, check: () => void): Promise<Source> {
  if (dataSource.options.type === 'sqljs') {
    const app = sqlJsDatabase(dataSource);
    const copy = await retryWhileBusy("The database's only connection", check, () => copySqlJs(app));
    return { connection: sqlJsConnection(copy), caveats: [] };
  }
  const opener = new BetterSqlite3Opener(dataSource);
  const { files, mainInMemory, attachedInMemory } = listDatabases(opener.app);
  for (const { file } of files) removeStaleCopies(file);
  const live = mainInMemory ? undefined : await openWal(opener, files, check);
  return {
    connection: live ?? (await openCopies(opener, files, mainInMemory, check)),
    caveats: attachedInMemory.map((name) => `Database "${name}" is attached in memory only and is not saved.`),
  };
}
