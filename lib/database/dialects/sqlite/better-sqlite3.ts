import type { DataSource } from 'typeorm';
import type { SqliteConnection, SqliteValue } from './connection.js';

/** The part of better-sqlite3's Statement that is used. */
export interface SqlStatement {
  safeIntegers(on: boolean): SqlStatement;
  raw(on: boolean): SqlStatement;
  all(...parameters: readonly SqliteValue[]): SqliteValue[][];
  iterate(): IterableIterator<SqliteValue[]>;
  run(parameters: readonly SqliteValue[]): unknown;
}

/** What runs statements, in this thread or in another one. */
export interface SqlDatabase {
  prepare(sql: string): SqlStatement;
  exec(sql: string): unknown;
  close(): unknown;
}

/** The part of better-sqlite3's Database that is used; its types are those of an optional peer. */
export interface BetterSqlite3 extends SqlDatabase {
  readonly inTransaction: boolean;
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
  readonly Database: Constructor;
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
    const database = new this.Database(file, this.openOptions({ readonly, timeout }));
    try {
      await this.prepare(database, timeout, (own) => this.prepareDatabase?.(own));
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** What the driver's constructor gets for a file that must exist. */
  openOptions({ readonly, timeout }: { readonly readonly: boolean; readonly timeout: number }): object {
    return { readonly, fileMustExist: true, timeout, nativeBinding: this.options.nativeBinding };
  }

  /** @param prepareDatabase calls the application's preparation, if there is one */
  async prepare<Database extends SqlDatabase>(
    database: Database,
    timeout: number,
    prepareDatabase: (database: Database) => unknown,
  ): Promise<void> {
    const { key } = this.options;
    if (key) database.exec(`PRAGMA key = ${JSON.stringify(key)}`);
    try {
      await prepareDatabase(database);
    } catch (error) {
      // A preparation that writes (e.g. a journal mode) was meant for the application's connection.
      if ((error as { code?: string }).code !== 'SQLITE_READONLY') throw error;
    }
    // A preparation may have set both.
    database.exec(`PRAGMA busy_timeout = ${timeout}; PRAGMA locking_mode = NORMAL`);
  }

  /** The application's preparation of a connection. */
  get prepareDatabase(): Options['prepareDatabase'] {
    return this.options.prepareDatabase;
  }

  /** A file without a key, created by the library itself. */
  openPlain(file: string, { fileMustExist }: { fileMustExist: boolean }): BetterSqlite3 {
    return new this.Database(file, { fileMustExist, timeout: 0, nativeBinding: this.options.nativeBinding });
  }

  openImage(image: Buffer): BetterSqlite3 {
    return new this.Database(image, { nativeBinding: this.options.nativeBinding });
  }
}

export function toConnection(database: SqlDatabase): SqliteConnection {
  const prepared = (sql: string) => database.prepare(sql).safeIntegers(true).raw(true);
  const reading = new Set<IterableIterator<SqliteValue[]>>();
  return {
    all: (sql, parameters = []) => prepared(sql).all(...parameters),
    *iterate(sql) {
      const rows = prepared(sql).iterate();
      reading.add(rows);
      try {
        yield* rows;
      } finally {
        reading.delete(rows);
      }
    },
    prepareRead: (sql) => {
      const statement = prepared(sql);
      return { all: (parameters) => statement.all(...parameters), free: () => {} };
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
