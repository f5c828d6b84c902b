import type { DataSource } from 'typeorm';
import type { SqliteConnection, SqliteValue } from './connection.js';
import { ContendedError } from './errors.js';

interface Statement {
  bind(parameters: readonly SqliteValue[]): unknown;
  step(): boolean;
  get(parameters: null, config: { useBigInt: true }): SqliteValue[];
  /** How SQLite converts a value to bytes: for text its bytes, for a number its digits. */
  getBlob(index: number): Uint8Array;
  run(parameters: readonly SqliteValue[]): unknown;
  free(): unknown;
}

/** The part of sql.js' Database that is used; its types are those of an optional peer. */
export interface SqlJs {
  prepare(sql: string): Statement;
  exec(sql: string): unknown;
  export(): Uint8Array;
  close(): void;
}

const DIGITS = /^-?\d+$/;

export function sqlJsDatabase(dataSource: DataSource): SqlJs {
  return (dataSource.driver as unknown as { databaseConnection: SqlJs }).databaseConnection;
}

/**
 * A copy of a database in memory; what the export changed about the application's connection is restored.
 * @throws ContendedError while a transaction is open: some versions of sql.js would silently end it
 */
export function copySqlJs(app: SqlJs): SqlJs {
  // Throws when the database is closed, which prepare() reports as "out of memory".
  app.exec('');
  const enforced = enforcesForeignKeys(app);
  try {
    if (inTransaction(app, enforced)) throw new ContendedError('The application has a transaction open.');
    // Opened by the application's own build of sql.js.
    return new (app.constructor as new (image: Uint8Array) => SqlJs)(app.export());
  } finally {
    enforceForeignKeys(app, enforced);
  }
}

/** The bytes of its file. sql.js reopens the database for that, so its settings are those of a new connection. */
export function exportSqlJs(app: SqlJs): Uint8Array {
  const enforced = enforcesForeignKeys(app);
  try {
    return app.export();
  } finally {
    enforceForeignKeys(app, enforced);
  }
}

function enforceForeignKeys(app: SqlJs, enforced: boolean): void {
  app.exec(`PRAGMA foreign_keys = ${enforced ? 'ON' : 'OFF'}`);
}

function enforcesForeignKeys(app: SqlJs): boolean {
  return toConnection(app).all('PRAGMA foreign_keys')[0]?.[0] === 1n;
}

/** sql.js does not say so, but within a transaction this setting does not change. */
function inTransaction(app: SqlJs, enforced: boolean): boolean {
  app.exec(`PRAGMA foreign_keys = ${enforced ? 'OFF' : 'ON'}`);
  return enforcesForeignKeys(app) === enforced;
}

export function toConnection(database: SqlJs): SqliteConnection {
  function* rowsOf(statement: Statement, parameters: readonly SqliteValue[]): Generator<SqliteValue[]> {
    statement.bind(parameters);
    while (statement.step()) yield readRow(statement);
  }
  function* iterate(sql: string, parameters: readonly SqliteValue[] = []): Generator<SqliteValue[]> {
    const statement = database.prepare(sql);
    try {
      yield* rowsOf(statement, parameters);
    } finally {
      statement.free();
    }
  }
  return {
    all: (sql, parameters) => [...iterate(sql, parameters)],
    iterate,
    prepareRead: (sql) => {
      const statement = database.prepare(sql);
      return {
        all: (parameters) => [...rowsOf(statement, parameters)],
        free: () => void statement.free(),
      };
    },
    prepareWrite: (sql) => {
      const statement = database.prepare(sql);
      return { run: (values) => void statement.run(values), free: () => void statement.free() };
    },
    exec: (sql) => void database.exec(sql),
    close: () => database.close(),
  };
}

/**
 * Text is decoded here: depending on the version, sql.js drops a byte order mark, stops at a NUL, or makes up
 * characters for invalid UTF-8. Versions that do not know `useBigInt` round integers, whose digits are still exact.
 */
function readRow(statement: Statement): SqliteValue[] {
  const bytes = (index: number) => Buffer.from(statement.getBlob(index));
  return statement.get(null, { useBigInt: true }).map((value, index) => {
    if (typeof value === 'string') return bytes(index).toString('utf8');
    if (typeof value !== 'number') return value;
    const digits = bytes(index).toString('latin1');
    return DIGITS.test(digits) ? BigInt(digits) : value;
  });
}
