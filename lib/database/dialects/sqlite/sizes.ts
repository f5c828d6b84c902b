import type { TableSize } from '../dialect.js';
import { quoteIdentifier } from '../quote.js';
import type { SqliteTable } from './catalog.js';
import type { SqliteConnection } from './connection.js';

/**
 * SQLite has no such figures: the highest row id is taken for the number of rows, and the size of the file is divided
 * among the tables in proportion.
 */
export function readSizes(connection: SqliteConnection, tables: readonly SqliteTable[]): TableSize[] {
  const rows = tables.map(({ sqlName, rowId }) => {
    if (rowId === undefined) return null;
    const [[last] = []] = connection.all(`SELECT CAST(max(${rowId}) AS REAL) FROM ${sqlName}`);
    return Math.max(0, Number(last ?? 0));
  });
  const all = rows.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  const held = [...new Set(tables.map(({ schema }) => schema ?? 'main'))].reduce(
    (sum, schema) => sum + bytesIn(connection, schema),
    0,
  );
  return rows.map((count) => ({ rows: count, bytes: all > 0 ? (held * (count ?? 0)) / all : 0 }));
}

function bytesIn(connection: SqliteConnection, schema: string): number {
  const figure = (name: string) => Number(connection.all(`PRAGMA ${quoteIdentifier(schema)}.${name}`)[0]?.[0] ?? 0);
  return (figure('page_count') - figure('freelist_count')) * figure('page_size');
}
