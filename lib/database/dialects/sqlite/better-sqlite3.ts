import type { DataSource } from 'typeorm';
import type { SqliteConnection, SqliteValue } from './connection.js';

interface Statement {
  safeIntegers(on: boolean): Statement;
  raw(on: boolean): Statement;
  all(...parameters: readonly SqliteValue[]): SqliteValue[][];
  iterate(): IterableIterator<SqliteValue[]>;
  run(parameters: readonly SqliteValue[]): unknown;
}

/** The part of better-sqlite3's Database that is used; its types are those of an optional peer. */
export interface BetterSqlite3 {
  readonly inTransaction: boolean;
  prepare(sql: string): Statement;
  exec(sql: string): unknown;
  close(): unknown;
  serialize(): Buffer;
  backup(
    destination: string,
    options: { attached: string; progress: (state: { totalPages: number; remainingPages: number }) => number },
  ): Promise<{ totalPages: number; remainingPages: number }>;
}

type Constructor = new (file: string | Buffer, options?: object) => BetterSqlite3;

interface Options {
  readonly key?: string;
  readonly nativeBinding?: string;
  readonly prepareDatabase?: (database: BetterSqlite3) => unknown;
}

/**
 * Opens connections of its own in the way TypeORM opened the application's: same build, key and preparation. They do
 * not wait for locks unless told to, since better-sqlite3 blocks the event loop while it waits.
 */
export class BetterSqlite3Opener {
  readonly app: BetterSqlite3;
  private readonly Database: Constructor;
  private readonly options: Options;

  constructor(dataSource: DataSource) {
    const driver = dataSource.driver as unknown as { sqlite: Constructor; databaseConnection: BetterSqlite3 };
    this.Database = driver.sqlite;
    this.app = driver.databaseConnection;
    this.options = dataSource.options as Options;
  }

  get encrypted(): boolean {
    return !!this.options.key;
  }

  /**
   * A connection to a file of the application's, which must exist.
   * @param timeout how long to wait for another connection's lock, in milliseconds; waiting blocks the event loop
   */
  async open(file: string, { readonly = true, timeout = 0 } = {}): Promise<BetterSqlite3> {
    const { key, nativeBinding, prepareDatabase } = this.options;
    const database = new this.Database(file, { readonly, fileMustExist: true, timeout, nativeBinding });
    try {
      if (key) database.exec(`PRAGMA key = ${JSON.stringify(key)}`);
      await prepare(database, prepareDatabase);
      // A preparation may have set both.
      database.exec(`PRAGMA busy_timeout = ${timeout}; PRAGMA locking_mode = NORMAL`);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** A file without a key, created by the library itself. */
  openPlain(file: string, { fileMustExist }: { fileMustExist: boolean }): BetterSqlite3 {
    return new this.Database(file, { fileMustExist, timeout: 0, nativeBinding: this.options.nativeBinding });
  }

  openImage(image: Buffer): BetterSqlite3 {
    return new this.Database(image, { nativeBinding: this.options.nativeBinding });
  }
}

/** A preparation that writes (e.g. a journal mode) was meant for the application's connection. */
async function prepare(database: BetterSqlite3, prepareDatabase: Options['prepareDatabase']): Promise<void> {
  try {
    await prepareDatabase?.(database);
  } catch (error) {
    if ((error as { code?: string }).code !== 'SQLITE_READONLY') throw error;
  }
}

export function toConnection(database: BetterSqlite3): SqliteConnection {
  const prepared = (sql: string) => database.prepare(sql).safeIntegers(true).raw(true);
  const reading = new Set<IterableIterator<SqliteValue[]>>();
  return {
    all: (sql, parameters = []) => prepared(sql).all(...parameters),
    iterate: (sql) => {
      const rows = prepared(sql).iterate();
      reading.add(rows);
      return rows;
    },
    prepareWrite: (sql) => {
      const statement = database.prepare(sql);
      return { run: (values) => void statement.run(values), free: () => {} };
    },
    exec: (sql) => void database.exec(sql),
    close: () => {
      // A connection with an open statement refuses to close.
      for (const rows of reading) rows.return?.();
      database.close();
    },
  };
}
