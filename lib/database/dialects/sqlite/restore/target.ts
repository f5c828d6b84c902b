import type { DataSource } from 'typeorm';
import { restoreRefused } from '../../../../errors/restore-errors.js';
import type { TableLocation } from '../../../table-location.js';
import { quoteIdentifier } from '../../quote.js';
import { type BetterSqlite3, BetterSqlite3Opener, toConnection } from '../better-sqlite3.js';
import type { SqliteConnection } from '../connection.js';
import { attach, type DatabaseFile, listDatabases, pragma } from '../databases.js';
import { retryWhileBusy } from '../retry-while-busy.js';
import { toConnection as sqlJsConnection, sqlJsDatabase } from '../sql-js.js';
import { type Bind, bindBetterSqlite3, bindSqlJs } from './bind.js';
import { saveSqlJs } from './save-sql-js.js';

/**
 * Indexes are filled in random order; with SQLite's default of 2 MiB, most pages would be written and read many times.
 */
const CACHE_KIB = 16 * 1024;

/** A connection that a restore writes to. */
export interface Target {
  readonly connection: SqliteConnection;
  /** The same connection, as created by the driver and used by TypeORM. */
  readonly raw: object;
  readonly bind: Bind;
  /** Whether text may be bound as bytes that are not copied before, see `LineBinder`. */
  readonly bindsBytes: boolean;
  /** Names of databases on it that no backup contains. */
  readonly left: readonly string[];
  /** Whether the application uses this connection, too. */
  readonly shared: boolean;
  /** Makes committed changes outlast the process, if possible. */
  save(): Promise<void>;
  /** Releases the connection. */
  release(): void;
}

/**
 * Files are written over a connection of their own. An in-memory database has only the application's: the application
 * must not use it in the meantime, since its statements would become part of the restore's transaction.
 * @param check throws when waiting is to end
 */
export async function openTarget(dataSource: DataSource, check: () => void): Promise<Target> {
  if (dataSource.options.type === 'sqljs') {
    const app = sqlJsDatabase(dataSource);
    app.exec(''); // Throws when it is closed, which prepare() reports as "out of memory".
    const save = () => saveSqlJs(dataSource);
    return {
      connection: sqlJsConnection(app),
      raw: app,
      bind: bindSqlJs,
      bindsBytes: false,
      left: [],
      shared: true,
      save,
      release: () => {},
    };
  }
  const opener = new BetterSqlite3Opener(dataSource);
  const { files, mainInMemory, attachedInMemory: left } = listDatabases(opener.app);
  const raw = mainInMemory ? opener.app : await openFiles(opener, files, check);
  const connection = toConnection(raw);
  const release = () => mainInMemory || connection.close();
  return {
    connection,
    raw,
    bind: bindBetterSqlite3,
    bindsBytes: true,
    left,
    shared: mainInMemory,
    save: async () => {},
    release,
  };
}

/**
 * A connection that writes to the application's files, even if the application's preparation makes its own read-only.
 */
function openFiles(
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

/** Files are swapped after the commit, so it must survive a power failure; nor may a kill leave half of it. */
function makeDurable(database: BetterSqlite3, name: string): void {
  const schema = quoteIdentifier(name);
  if (/^(off|memory)$/.test(pragma(database, name, 'journal_mode'))) {
    database.exec(`PRAGMA ${schema}.journal_mode = DELETE`);
  }
  database.exec(`PRAGMA ${schema}.synchronous = FULL`);
}

/**
 * SQLite commits several files atomically only if each has a rollback journal on disk. The mark of a restore is always
 * in the main database, so with an attached file there are several.
 * @throws BackupError `RESTORE_REFUSED`
 */
export function refuseSeveralFiles({ connection, shared }: Target, tables: readonly TableLocation[]): void {
  const attached = new Set(tables.flatMap(({ schema }) => schema ?? []));
  if (attached.size === 0) return;
  for (const name of ['main', ...attached]) {
    const [[mode] = []] = connection.all(`PRAGMA ${quoteIdentifier(name)}.journal_mode`);
    if (!shared && /^(delete|truncate|persist)$/.test(String(mode))) continue;
    throw restoreRefused(
      `tables are in attached files, and with database "${name}" in journal mode "${String(mode)}" a killed restore could leave one file old and another new`,
      shared
        ? 'Restore into a main database that is a file, too.'
        : 'Set PRAGMA journal_mode = DELETE on each of the files for the restore (with enableWAL off).',
    );
  }
}

/**
 * Everything that uses the only connection would be part of the restore's transaction, a backup as well.
 * @throws BackupError `RESTORE_REFUSED`
 */
export function refuseShared({ shared }: Target): void {
  if (!shared) return;
  throw restoreRefused(
    'the database is in memory, where it cannot be saved and replaced at once',
    'Use a database file, or restore it in code.',
  );
}
