import { quoteIdentifier } from '../../quote.js';
import type { BetterSqlite3, BetterSqlite3Opener } from '../better-sqlite3.js';
import { attach, type DatabaseFile, pragma } from '../databases.js';
import { retryWhileBusy } from '../retry-while-busy.js';

/** Indexes are filled out of order; with SQLite's 2 MiB most pages would be written, and read again, many times. */
const CACHE_KIB = 16 * 1024;

/** A connection that writes to the application's files, whatever the application's preparation of it was meant for. */
export function openFiles(
  opener: BetterSqlite3Opener,
  files: readonly DatabaseFile[],
  check: () => void,
): Promise<BetterSqlite3> {
  return retryWhileBusy('The database file', check, async () => {
    const database = await opener.open(files[0]!.file, { readonly: false });
    try {
      attach(database, files);
      database.exec('PRAGMA query_only = OFF; PRAGMA ignore_check_constraints = OFF');
      for (const { name } of files) {
        makeDurable(database, name);
        database.exec(`PRAGMA ${quoteIdentifier(name)}.cache_size = -${CACHE_KIB}`);
      }
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Files are swapped after the commit, so it must not be lost with the power; nor may a kill leave half of it. */
function makeDurable(database: BetterSqlite3, name: string): void {
  const schema = quoteIdentifier(name);
  if (/^(off|memory)$/.test(pragma(database, name, 'journal_mode'))) {
    database.exec(`PRAGMA ${schema}.journal_mode = DELETE`);
  }
  database.exec(`PRAGMA ${schema}.synchronous = FULL`);
}
