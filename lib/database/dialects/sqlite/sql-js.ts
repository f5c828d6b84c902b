import type { DataSource } from 'typeorm';
import type { SqliteConnection, SqliteValue } from './connection.js';

interface Statement {
  bind(parameters: readonly SqliteValue[]): unknown;
  step(): boolean;
  get(parameters: null, config: { useBigInt: true }): SqliteValue[];
  free(): unknown;
}

/** The part of sql.js' Database that is used; its types are those of an optional peer. */
export interface SqlJs {
  prepare(sql: string): Statement;
  exec(sql: string): unknown;
  export(): Uint8Array;
  close(): void;
}

export function sqlJsDatabase(dataSource: DataSource): SqlJs {
  return (dataSource.driver as unknown as { databaseConnection: SqlJs }).databaseConnection;
}

/** A copy of a database in memory; what the export changed about the application's connection is put back. */
export function copySqlJs(app: SqlJs): SqlJs {
  const connection = toConnection(app);
  const [[enforced] = []] = connection.all('PRAGMA foreign_keys');
  try {
    // Opened by the application's own build of sql.js.
    return new (app.constructor as new (image: Uint8Array) => SqlJs)(app.export());
  } finally {
    if (enforced === 1n) app.exec('PRAGMA foreign_keys = ON');
  }
}

export function toConnection(database: SqlJs): SqliteConnection {
  function* iterate(sql: string, parameters: readonly SqliteValue[] = []): Generator<SqliteValue[]> {
    const statement = database.prepare(sql);
    try {
      statement.bind(parameters);
      while (statement.step()) yield statement.get(null, { useBigInt: true });
    } finally {
      statement.free();
    }
  }
  return {
    all: (sql, parameters) => [...iterate(sql, parameters)],
    iterate,
    exec: (sql) => void database.exec(sql),
    close: () => database.close(),
  };
}
