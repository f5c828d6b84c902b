import { quoteIdentifier } from '../quote.js';
import { type BetterSqlite3, type BetterSqlite3Opener, toConnection } from './better-sqlite3.js';
import type { SqliteConnection } from './connection.js';
import { attach, type DatabaseFile, pragma } from './databases.js';
import { retryWhileBusy } from './retry-while-busy.js';

/**
 * In WAL mode writers continue while others read, so the files themselves are read, in one transaction.
 * @returns undefined when one of the files is not in WAL mode
 */
export async function openWal(
  opener: BetterSqlite3Opener,
  files: readonly DatabaseFile[],
  check: () => void,
): Promise<SqliteConnection | undefined> {
  return retryWhileBusy('The database file', check, async () => {
    const own = await opener.open(files[0]!.file);
    try {
      attach(own, files);
      const live = files.every(({ name }) => pragma(own, name, 'journal_mode') === 'wal');
      if (live) begin(own, files);
      else own.close();
      return live ? toConnection(own) : undefined;
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
