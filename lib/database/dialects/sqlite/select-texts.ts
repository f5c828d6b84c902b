import { quoteIdentifier } from '../quote.js';
import type { SqliteTable } from './catalog.js';
import type { SqliteConnection } from './connection.js';

/** The text of some columns, for small tables. */
export function selectTexts(
  connection: SqliteConnection,
  { sqlName }: SqliteTable,
  columns: readonly string[],
  orderBy: string,
): (string | null)[][] {
  const list = columns.map((name) => `CAST(${quoteIdentifier(name)} AS TEXT)`).join(', ');
  return connection.all(`SELECT ${list} FROM ${sqlName} ORDER BY ${quoteIdentifier(orderBy)}`) as (string | null)[][];
}
