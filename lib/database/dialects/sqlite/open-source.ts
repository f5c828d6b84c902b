import type { DataSource } from 'typeorm';
import { quoteIdentifier } from '../quote.js';
import { type BetterSqlite3, BetterSqlite3Opener, toConnection } from './better-sqlite3.js';
import type { SqliteConnection } from './connection.js';
import { removeStaleCopies } from './copy-file.js';
import { attach, type DatabaseFile, listDatabases, pragma } from './databases.js';
import { openCopies } from './open-copy.js';
import { retryWhileBusy } from './retry-while-busy.js';
import { copySqlJs, toConnection as sqlJsConnection, sqlJsDatabase } from './sql-js.js';

/** A connection of its own that shows one snapshot of the application's database. */
export interface Source {
  readonly connection: SqliteConnection;
  /** What the snapshot does not include, in sentences. */
  readonly caveats: readonly string[];
  /**
   * Whether it shows the files as they are at each statement. A lock on them must not outlast a turn of the event loop:
   * the application's writes would wait for its end, and hold the event loop while they wait.
   */
  readonly momentary: boolean;
}

/**
 * The application has a single connection, which is never iterated and never used for a transaction. Only for the
 * holder of the backup lock.
 * @param brief whether little is read, for which no file is copied
 * @param check throws when waiting is to end
 */
export async function openSource(dataSource: DataSource, brief: boolean, check: () => void): Promise<Source> {
  if (dataSource.options.type === 'sqljs') {
    const app = sqlJsDatabase(dataSource);
    const copy = await retryWhileBusy("The database's only connection", check, () => copySqlJs(app));
    return { connection: sqlJsConnection(copy), caveats: [], momentary: false };
  }
  const opener = new BetterSqlite3Opener(dataSource);
  const { files, mainInMemory, attachedInMemory } = listDatabases(opener.app);
  for (const { file } of files) removeStaleCopies(file);
  const live = mainInMemory ? undefined : await openLive(opener, files, brief, check);
  return {
    ...(live ?? { connection: await openCopies(opener, files, mainInMemory, check), momentary: false }),
    caveats: attachedInMemory.map((name) => `Database "${name}" is attached in memory only and is not saved.`),
  };
}

/**
 * In WAL mode writers continue while others read, so the files themselves are read, in one transaction.
 * @param brief whether they are read in any mode, for moments
 * @returns undefined when writers would have to wait, since one of the files is not in WAL mode
 */
async function openLive(
  opener: BetterSqlite3Opener,
  files: readonly DatabaseFile[],
  brief: boolean,
  check: () => void,
): Promise<Pick<Source, 'connection' | 'momentary'> | undefined> {
  return retryWhileBusy('The database file', check, async () => {
    const own = await opener.open(files[0]!.file);
    try {
      attach(own, files);
      const isWal = files.every(({ name }) => pragma(own, name, 'journal_mode') === 'wal');
      if (isWal) begin(own, files);
      if (isWal || brief) return { connection: toConnection(own), momentary: !isWal };
      own.close();
      return undefined;
    } catch (error) {
      own.close();
      throw error;
    }
  });
}

/** The snapshot is taken by the first read of each file, not by BEGIN. */
function begin(own: BetterSqlite3, files: readonly DatabaseFile[]): void {
  own.exec('BEGIN');
  for (const { name } of files) toConnection(own).all(`SELECT count(*) FROM ${quoteIdentifier(name)}.sqlite_master`);
}
