import type { SequenceState } from '../../../catalog-table.js';
import { modelName } from '../../../table-location.js';
import { quoteIdentifier } from '../../quote.js';
import type { SqliteTable } from '../catalog.js';
import type { SqliteConnection, SqliteValue } from '../connection.js';
import { hasKeyword } from '../sql-words.js';

/**
 * Sets the rows of `sqlite_sequence`, never lower than the existing keys. A loaded table without a counter in the
 * archive had none; one that was only emptied keeps its own.
 */
export function setCounters(
  connection: SqliteConnection,
  tables: readonly SqliteTable[],
  loaded: ReadonlySet<SqliteTable>,
  states: readonly SequenceState[],
): void {
  const values = new Map(states.map(({ name, value }) => [name, value]));
  for (const table of tables) {
    const value = values.get(modelName(table));
    if (value === undefined && !loaded.has(table)) continue;
    if (countsItself(connection, table)) setCounter(connection, table, value);
  }
}

/** No pragma says so. SQLite accepts the keyword only after INTEGER PRIMARY KEY, and never as a name. */
function countsItself(connection: SqliteConnection, { schema, name, primaryKey }: SqliteTable): boolean {
  if (primaryKey.length !== 1) return false;
  const master = `${quoteIdentifier(schema ?? 'main')}.sqlite_master`;
  const named = `type = 'table' AND name = ? COLLATE NOCASE`;
  const [[sql] = []] = connection.all(`SELECT sql FROM ${master} WHERE ${named}`, [name]);
  return hasKeyword(String(sql), 'AUTOINCREMENT');
}

function setCounter(connection: SqliteConnection, table: SqliteTable, value: string | undefined): void {
  const { schema, name, sqlName, primaryKey } = table;
  const [counters, master] = ['sqlite_sequence', 'sqlite_master'].map(
    (one) => `${quoteIdentifier(schema ?? 'main')}.${one}`,
  );
  // An entity may spell the table in another case, but the counter is found only by the catalog's spelling.
  const isIts = 'name = ? COLLATE NOCASE';
  const run = (sql: string, parameters: readonly SqliteValue[]) => {
    const statement = connection.prepareWrite(sql);
    statement.run(parameters);
    statement.free();
  };
  const [[highest] = []] = connection.all(
    `SELECT CAST(max(${quoteIdentifier(primaryKey[0]!)}) AS TEXT) FROM ${sqlName}`,
  );
  if (value === undefined && highest === null) return run(`DELETE FROM ${counters} WHERE ${isIts}`, [name]);
  const digits = [value ?? '0', String(highest ?? '0')].map(BigInt).reduce((one, other) => (one > other ? one : other));
  const there = connection.all(`SELECT 1 FROM ${counters} WHERE ${isIts}`, [name]).length > 0;
  const set = there
    ? `UPDATE ${counters} SET seq = CAST(? AS INTEGER) WHERE ${isIts}`
    : `INSERT INTO ${counters} (seq, name) SELECT CAST(? AS INTEGER), name FROM ${master} WHERE type = 'table' AND ${isIts}`;
  run(set, [String(digits), name]);
}
