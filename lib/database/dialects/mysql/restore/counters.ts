import type { CatalogTable, SequenceState } from '../../../catalog-table.js';
import { locationKey, modelName, type TableLocation } from '../../../table-location.js';
import { readInformation } from '../catalog.js';
import type { MysqlConnection } from '../connection.js';
import { errorNumber, NO_SUCH_TABLE } from '../errors.js';
import type { Names } from '../names.js';
import { readCounters } from '../sequences.js';
import { statementFailure } from './errors.js';
import type { Counter } from './undo-record.js';

const DEFAULTS = `SELECT table_schema, table_name, column_default FROM information_schema.columns
  WHERE table_schema IN (?) AND column_default LIKE '%nextval(%'`;

/** A literal, which cannot be a function call. */
const TEXT = /'(?:[^'\\]|''|\\[\s\S])*'/g;

/** The counters of some tables or sequences, of those known to `states`. */
export function countersOf(locations: readonly TableLocation[], states: readonly SequenceState[]): Counter[] {
  const values = new Map(states.map(({ name, value }) => [name, value]));
  return locations.flatMap(({ schema, name }) => {
    const value = values.get(modelName({ schema, name }));
    return value !== undefined && /^\d+$/.test(value) ? [{ schema, name, value }] : [];
  });
}

/** Sets AUTO_INCREMENT if it differs. The server itself keeps it above the existing keys. */
export async function setCounters(
  connection: MysqlConnection,
  names: Names,
  counters: readonly Counter[],
): Promise<void> {
  if (counters.length === 0) return;
  const tables = counters.map(({ schema, name }) => ({ schema, name }) as CatalogTable);
  const states = await readCounters(connection, names, tables);
  const current = new Map(countersOf(counters, states).map((counter) => [locationKey(counter), counter.value]));
  for (const counter of counters) {
    if (current.get(locationKey(counter)) === counter.value) continue;
    await alter(connection, counter, `ALTER TABLE ${names.sql(counter)} AUTO_INCREMENT = ${counter.value}`);
  }
}

/** Sets MariaDB's sequences if they differ. */
export async function setSequences(
  connection: MysqlConnection,
  names: Names,
  sequences: readonly Counter[],
): Promise<void> {
  for (const sequence of sequences) {
    const name = names.sql(sequence);
    const rows = await connection
      .texts(`SELECT next_not_cached_value, minimum_value, maximum_value FROM ${name}`)
      .catch((error: unknown) => {
        if (errorNumber(error) === NO_SUCH_TABLE) return [];
        throw error;
      });
    const [next, minimum, maximum] = rows[0] ?? [];
    if (next == null || next === sequence.value) continue;
    const value = BigInt(sequence.value);
    // An exhausted sequence is beyond its last value, which cannot be set.
    if (value > BigInt(maximum!)) {
      await alter(connection, sequence, `DO SETVAL(${name}, ${maximum!}, 1)`);
    } else if (value >= BigInt(minimum!)) {
      await alter(connection, sequence, `ALTER SEQUENCE ${name} RESTART ${sequence.value}`);
    }
  }
}

async function alter(connection: MysqlConnection, counter: Counter, sql: string): Promise<void> {
  try {
    await connection.query(sql);
  } catch (error) {
    if (errorNumber(error) === NO_SUCH_TABLE) return; // Dropped in the meantime.
    throw statementFailure(counter, 'its counter could not be set yet', error);
  }
}

/** MariaDB's sequences, except those used only by tables that are not loaded: their rows stay, too. */
export async function restorableSequences(
  connection: MysqlConnection,
  names: Names,
  sequences: readonly TableLocation[],
  loaded: readonly TableLocation[],
): Promise<TableLocation[]> {
  if (sequences.length === 0) return [];
  const inside = new Set(loaded.map(locationKey));
  const rows = (await readInformation(connection, DEFAULTS, names)).filter(([schema]) => names.covers(schema!));
  return sequences.filter((sequence) => {
    const call = `nextval(${names.sql(sequence)})`;
    const users = rows.filter(([, , expression]) => expression!.replaceAll(TEXT, '').includes(call));
    return (
      users.length === 0 || users.some(([schema, table]) => inside.has(locationKey(names.locate(schema!, table!))))
    );
  });
}
