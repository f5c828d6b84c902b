import type { DataSource } from 'typeorm';
import { BetterSqlite3Opener, toConnection } from '../better-sqlite3.js';
import type { SqliteConnection } from '../connection.js';
import { listDatabases } from '../databases.js';
import { sqlJsDatabase, toConnection as sqlJsConnection } from '../sql-js.js';
import { type Bind, bindBetterSqlite3, bindSqlJs } from './bind.js';
import { openFiles } from './open-files.js';
import { saveSqlJs } from './save-sql-js.js';

/** A connection that a restore writes to. */
export interface Target {
  readonly connection: SqliteConnection;
  /** The same, as the driver made it and TypeORM takes it. */
  readonly raw: object;
  readonly bind: Bind;
  /** Names of databases on it that no backup holds. */
  readonly left: readonly string[];
  /** Whether the application works on this connection, too. */
  readonly shared: boolean;
  /** Makes what was committed outlast the process, if it can. */
  save(): Promise<void>;
  /** Gives the connection back. */
  release(): void;
}

/**
 * Files are written over a connection of their own. What is in memory has only the application's: meanwhile the application
 * must be still, since its statements would become part of the restore's transaction.
 * @param check throws when waiting is to end
 */
export async function openTarget(dataSource: DataSource, check: () => void): Promise<Target> {
  if (dataSource.options.type === 'sqljs') {
    const app = sqlJsDatabase(dataSource);
    app.exec(''); // Throws when it is closed, which prepare() calls "out of memory".
    const save = () => saveSqlJs(dataSource);
    return {
      connection: sqlJsConnection(app),
      raw: app,
      bind: bindSqlJs,
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
  return { connection, raw, bind: bindBetterSqlite3, left, shared: mainInMemory, save: async () => {}, release };
}
