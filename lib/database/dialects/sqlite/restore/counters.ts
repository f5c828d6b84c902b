import { modelName } from '../../../table-location.js';
import type { SequenceState } from '../../dialect.js';
import { quoteIdentifier } from '../../quote.js';
import type { SqliteTable } from '../catalog.js';
import type { SqliteConnection } from '../connection.js';

/** Sets the counters of AUTOINCREMENT tables as they were saved, but never lower than the keys that are there. */
export function setCounters(
  connection: SqliteConnection,
  tables: readonly SqliteTable[],
  saved: readonly SequenceState[],
): void {
  const values = new Map(saved.map(({ name, value }) => [name, value]));
  for (const table of tables) {
    const database = quoteIdentifier(table.schema ?? 'main');
    const kept = connection.all(`SELECT 1 FROM ${database}.sqlite_master WHERE name = 'sqlite_sequence'`);
    if (kept.length === 0 || !counts(connection, table)) continue;
    const counter = `${database}.sqlite_sequence`;
    connection.all(`DELETE FROM ${counter} WHERE name = ? RETURNING 1`, [table.name]);
    const [[highest] = []] = connection.all(`SELECT CAST(max(${table.rowId}) AS TEXT) FROM ${table.sqlName}`);
    const known = [values.get(modelName(table)), highest].filter((value) => typeof value === 'string').map(BigInt);
    if (known.length === 0) continue;
    const value = known.reduce((one, other) => (one > other ? one : other));
    connection.all(`INSERT INTO ${counter} (name, seq) VALUES (?, CAST(? AS INTEGER)) RETURNING 1`, [
      table.name,
      String(value),
    ]);
  }
}

function counts(connection: SqliteConnection, { schema, name, rowId }: SqliteTable): boolean {
  const [[sql] = []] = connection.all(
    `SELECT sql FROM ${quoteIdentifier(schema ?? 'main')}.sqlite_master WHERE name = ?`,
    [name],
  );
  return rowId !== undefined && /\bAUTOINCREMENT\b/i.test(String(sql));
}
