import type { DataSource } from 'typeorm';
import { type BetterSqlite3, BetterSqlite3Opener, toConnection } from '../better-sqlite3.js';
import type { SqliteConnection } from '../connection.js';
import { sqlJsDatabase, toConnection as sqlJsConnection } from '../sql-js.js';
import type { DecodedValue } from '../value-codec.js';

/** Binds one row. */
export type InsertRow = (values: readonly DecodedValue[]) => void;

/** A connection that may write: one of its own to a file, or the application's to what lives in its memory. */
export interface Target {
  readonly connection: SqliteConnection;
  /** The application's own connection, which stays open. */
  readonly shared: boolean;
  readonly busy: () => boolean;
  /** @param placeholders one SQL expression with a `?` for each value */
  prepareInsert(into: string, columns: readonly string[]): InsertRow;
  /** What TypeORM does after a write of its own (sql.js saves its file). */
  afterCommit(): Promise<void>;
}

export async function openTarget(dataSource: DataSource, file: string | undefined): Promise<Target> {
  if (dataSource.options.type === 'sqljs') return sqlJsTarget(dataSource);
  const opener = new BetterSqlite3Opener(dataSource);
  const database = file === undefined ? opener.app : await opener.open(file, { readonly: false });
  return {
    connection: toConnection(database),
    shared: file === undefined,
    busy: () => database.inTransaction,
    prepareInsert: (into, columns) =>
      insertWith(into, columns, betterSqlite3Placeholder, (sql) => runner(database, sql)),
    afterCommit: async () => {},
  };
}

function sqlJsTarget(dataSource: DataSource): Target {
  const database = sqlJsDatabase(dataSource);
  const driver = dataSource.driver as unknown as { autoSave?: () => Promise<void> };
  return {
    connection: sqlJsConnection(database),
    shared: true,
    busy: () => false,
    prepareInsert: (into, columns) =>
      insertWith(into, columns, sqlJsPlaceholder, (sql) => {
        const statement = database.prepare(sql) as unknown as { run(values: unknown[]): void };
        return (values) => statement.run(values.map(sqlJsValue));
      }),
    afterCommit: async () => driver.autoSave?.call(driver),
  };
}

/** One prepared statement for each combination of placeholders that the rows need; nearly always one. */
function insertWith(
  into: string,
  columns: readonly string[],
  placeholder: (value: DecodedValue) => string,
  prepare: (sql: string) => InsertRow,
): InsertRow {
  const prepared = new Map<string, InsertRow>();
  return (values) => {
    const list = values.map(placeholder).join(', ');
    let insert = prepared.get(list);
    if (!insert) {
      insert = prepare(`INSERT INTO ${into} (${columns.join(', ')}) VALUES (${list})`);
      prepared.set(list, insert);
    }
    insert(values);
  };
}

function runner(database: BetterSqlite3, sql: string): InsertRow {
  const statement = database.prepare(sql) as unknown as { run(values: unknown[]): void };
  return (values) => statement.run(values.map(({ value }) => value));
}

function betterSqlite3Placeholder({ as }: DecodedValue): string {
  return as === 'rawText' ? 'CAST(? AS TEXT)' : '?';
}

/** sql.js binds a bigint as text, and a whole number as INTEGER. */
function sqlJsPlaceholder({ as }: DecodedValue): string {
  if (as === 'integer') return 'CAST(? AS INTEGER)';
  if (as === 'real') return 'CAST(? AS REAL)';
  return as === 'rawText' ? 'CAST(? AS TEXT)' : '?';
}

function sqlJsValue({ as, value }: DecodedValue): unknown {
  return as === 'integer' ? String(value) : value;
}
