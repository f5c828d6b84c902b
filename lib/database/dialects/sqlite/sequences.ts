import type { CatalogTable, SequenceState } from '../../catalog-table.js';
import { modelName } from '../../table-location.js';
import { quoteIdentifier } from '../quote.js';
import { readSchemas } from './catalog.js';
import type { SqliteConnection } from './connection.js';
import { foldCase } from './spelling.js';

/** The rows of `sqlite_sequence` for some tables: the last value that was handed out for each. */
export function readSequences(connection: SqliteConnection, tables: readonly CatalogTable[]): SequenceState[] {
  return readSchemas(connection).flatMap((schema) => {
    const from = `${quoteIdentifier(schema ?? 'main')}.sqlite_sequence`;
    const master = `${quoteIdentifier(schema ?? 'main')}.sqlite_master`;
    if (connection.all(`SELECT 1 FROM ${master} WHERE name = 'sqlite_sequence'`).length === 0) return [];
    return (
      connection
        // Anybody may write to this table; SQLite interprets whatever is there as an integer.
        .all(`SELECT name, CAST(CAST(seq AS INTEGER) AS TEXT) FROM ${from} ORDER BY name`)
        .flatMap(([name, value]) => {
          const of = foldCase(String(name));
          const table = tables.find((one) => one.schema === schema && foldCase(one.name) === of);
          return table ? [{ name: modelName(table), value: String(value ?? '0') }] : [];
        })
    );
  });
}
