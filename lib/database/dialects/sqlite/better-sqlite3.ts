import type { DataSource } from 'typeorm';
import type { SqliteConnection, SqliteValue } from './connection.js';

interface Statement {
  safeIntegers(on: boolean): Statement;
  raw(on: boolean): Statement;
  all(...parameters: readonly SqliteValue[]): SqliteValue[][];
  iterate(): Iterable<SqliteValue[]>;
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
    options: { attached?: string; progress: (state: { totalPages: number; remainingPages: number }) => number },
  ): Promise<{ totalPages: number; remainingPages: number }>;
}

type Constructor = new (file: string | Buffer, options?: object) => BetterSqlite3;

interface Options {
  readonly key?: string;
  readonly nativeBinding?: string;
  readonly prepareDatabase?: (database: BetterSqlite3) => unknown;
}

/** Opens connections of its own the way TypeORM opened the application's: same build, key and preparation. */
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
    return this.options.key !== undefined;
  }

  /** @param timeout how long to wait for another connection's lock, in milliseconds; waiting holds the event loop */
  async open(file: string, { readonly = true, timeout = 0 } = {}): Promise<BetterSqlite3> {
    const { key, nativeBinding, prepareDatabase } = this.options;
    const database = new this.Database(file, { readonly, fileMustExist: readonly, timeout, nativeBinding });
    try {
      if (key !== undefined) database.exec(`PRAGMA key = ${JSON.stringify(key)}`);
      await prepareDatabase?.(database);
    } catch (error) {
      // A preparation that writes (a journal mode, say) was meant for the application's connection.
      if ((error as { code?: string }).code !== 'SQLITE_READONLY') {
        database.close();
        throw error;
      }
    }
    return database;
  }

  /** A file without a key, made by the library itself. */
  openPlain(file: string, timeout = 0): BetterSqlite3 {
    return new this.Database(file, { timeout, nativeBinding: this.options.nativeBinding });
  }

  openImage(image: Buffer): BetterSqlite3 {
    return new this.Database(image, { nativeBinding: this.options.nativeBinding });
  }
}

export function toConnection(database: BetterSqlite3): SqliteConnection {
  const prepare = (sql: string) => database.prepare(sql).safeIntegers(true).raw(true);
  return {
    all: (sql, parameters = []) => prepare(sql).all(...parameters),
    iterate: (sql) => prepare(sql).iterate(),
    exec: (sql) => void database.exec(sql),
    close: () => void database.close(),
  };
}
