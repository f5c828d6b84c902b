import type { DataSource } from 'typeorm';
import { restoreRefused } from '../../../../errors/restore-errors.js';
import type { TableLocation } from '../../../table-location.js';
import { quoteIdentifier } from '../../quote.js';
import { BetterSqlite3Opener, toConnection } from '../better-sqlite3.js';
import { listDatabases } from '../databases.js';
import { retryWhileBusy } from '../retry-while-busy.js';
import { toConnection as sqlJsConnection, sqlJsDatabase } from '../sql-js.js';
import { type Bind, bindBetterSqlite3, bindSqlJs } from './bind.js';
import { inThisThread, openHere, openInThread, type TargetConnection } from './open-files.js';
import { saveSqlJs } from './save-sql-js.js';

/** A connection that a restore writes to. */
export interface Target extends TargetConnection {
  readonly bind: Bind;
  /** Whether text may be bound as bytes that are not copied before, see `LineBinder`. */
  readonly bindsBytes: boolean;
  /** Names of databases on it that no backup contains. */
  readonly left: readonly string[];
  /** Whether the application uses this connection, too. */
  readonly shared: boolean;
  /** Makes committed changes outlast the process, if possible. */
  save(): Promise<void>;
}

/**
 * Files are written over a connection of their own. An in-memory database has only the application's: the application
 * must not use it in the meantime, since its statements would become part of the restore's transaction.
 * @param check throws when waiting is to end
 * @param inThread whether a file may be written to in another thread, which is worth it where much is
 */
export async function openTarget(
  dataSource: DataSource,
  check: () => void,
  { inThread = false } = {},
): Promise<Target> {
  if (dataSource.options.type === 'sqljs') {
    const app = sqlJsDatabase(dataSource);
    app.exec(''); // Throws when it is closed, which prepare() reports as "out of memory".
    const save = () => saveSqlJs(dataSource);
    return {
      ...inThisThread(sqlJsConnection(app)),
      raw: app,
      bind: bindSqlJs,
      bindsBytes: false,
      left: [],
      shared: true,
      save,
      release: async () => {},
    };
  }
  const opener = new BetterSqlite3Opener(dataSource);
  const { files, mainInMemory, attachedInMemory: left } = listDatabases(opener.app);
  const rest = { bind: bindBetterSqlite3, bindsBytes: true, left, shared: mainInMemory, save: async () => {} };
  if (mainInMemory) {
    const inMemory = inThisThread(toConnection(opener.app));
    return { ...rest, ...inMemory, raw: opener.app, release: async () => {} };
  }
  const open = async () => (inThread && (await openInThread(opener, files))) || openHere(opener, files);
  return { ...rest, ...(await retryWhileBusy('The database file', check, open)) };
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
