/** A value as SQLite stores it: NULL, INTEGER, REAL, TEXT, BLOB. */
export type SqliteValue = null | bigint | number | string | Uint8Array;

/** A prepared statement that returns no rows. */
export interface SqliteWrite {
  run(parameters: readonly SqliteValue[]): void;
  free(): void;
}

/** A prepared statement that is asked again and again. */
export interface SqliteRead {
  all(parameters: readonly SqliteValue[]): SqliteValue[][];
  free(): void;
}

/** The few operations that are needed of a connection, whichever driver created it. */
export interface SqliteConnection {
  /** Rows as arrays, INTEGER always as bigint. */
  all(sql: string, parameters?: readonly SqliteValue[]): SqliteValue[][];
  /** The same, row by row; leaving the loop ends the statement. */
  iterate(sql: string): Iterable<SqliteValue[]>;
  prepareRead(sql: string): SqliteRead;
  prepareWrite(sql: string): SqliteWrite;
  exec(sql: string): void;
  close(): void;
}
