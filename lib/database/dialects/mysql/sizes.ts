import type { CatalogTable } from '../../catalog-table.js';
import { locationKey } from '../../table-location.js';
import type { TableSize } from '../dialect.js';
import type { MysqlConnection } from './connection.js';
import type { Names } from './names.js';

/** InnoDB estimates them from some pages; NULL for a table that cannot be opened. */
const SIZES = `SELECT table_schema, table_name, table_rows, data_length FROM information_schema.tables
  WHERE table_schema IN (?)`;

export async function readSizes(
  connection: MysqlConnection,
  names: Names,
  tables: readonly CatalogTable[],
): Promise<TableSize[]> {
  const found = new Map<string, TableSize>();
  for (const [schema, name, rows, bytes] of await connection.texts(SIZES, [names.databases])) {
    if (!names.covers(schema!)) continue;
    found.set(locationKey(names.locate(schema!, name!)), {
      rows: rows === null ? null : Number(rows),
      bytes: Number(bytes ?? 0),
    });
  }
  return tables.map((table) => found.get(locationKey(table)) ?? { rows: null, bytes: 0 });
}
