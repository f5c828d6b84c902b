import type { CatalogTable, SequenceState } from '../../catalog-table.js';
import { locationKey, modelName, type TableLocation } from '../../table-location.js';
import type { MysqlConnection } from './connection.js';
import type { Names } from './names.js';

const COUNTERS = `SELECT table_schema, table_name, auto_increment FROM information_schema.tables
  WHERE table_schema IN (?) AND auto_increment IS NOT NULL ORDER BY table_schema, table_name`;

/** The next AUTO_INCREMENT value of each of the tables that have one. */
export async function readCounters(
  connection: MysqlConnection,
  names: Names,
  tables: readonly CatalogTable[],
): Promise<SequenceState[]> {
  const wanted = new Set(tables.map(locationKey));
  const rows = await connection.texts(COUNTERS, [names.databases]);
  return rows
    .filter(([schema]) => names.covers(schema!))
    .map(([schema, name, value]) => ({ location: names.locate(schema!, name!), value: value! }))
    .filter(({ location }) => wanted.has(locationKey(location)))
    .map(({ location, value }) => ({ name: modelName(location), value }));
}

/** The next value of each of MariaDB's sequences: above all that were handed out, cached ones included. */
export async function readSequences(
  connection: MysqlConnection,
  names: Names,
  sequences: readonly TableLocation[],
): Promise<SequenceState[]> {
  const states: SequenceState[] = [];
  for (const sequence of sequences) {
    const [row] = await connection.texts(`SELECT next_not_cached_value FROM ${names.sql(sequence)}`);
    states.push({ name: modelName(sequence), value: row![0]! });
  }
  return states;
}
