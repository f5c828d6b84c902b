import { locationKey, modelName, type TableLocation } from '../../../table-location.js';
import type { CatalogTable, SequenceState } from '../../../catalog-table.js';
import { errorNumber, NO_SUCH_TABLE } from '../errors.js';
import type { Names } from '../names.js';
import { readCounters } from '../sequences.js';
import type { Session } from '../session.js';
import { statementFailure } from './errors.js';
import type { Counter } from './undo-record.js';

/** The counters of some tables or sequences, of those that `states` knows. */
export function countersOf(locations: readonly TableLocation[], states: readonly SequenceState[]): Counter[] {
  const values = new Map(states.map(({ name, value }) => [name, value]));
  return locations.flatMap(({ schema, name }) => {
    const value = values.get(modelName({ schema, name }));
    return value !== undefined && /^\d+$/.test(value) ? [{ schema, name, value }] : [];
  });
}

/** Sets AUTO_INCREMENT where it is another. The server itself keeps it above the keys that are there. */
export async function setCounters(session: Session, names: Names, counters: readonly Counter[]): Promise<void> {
  if (counters.length === 0) return;
  const tables = counters.map(({ schema, name }) => ({ schema, name }) as CatalogTable);
  const states = await readCounters(session, names, tables);
  const current = new Map(countersOf(counters, states).map((counter) => [locationKey(counter), counter.value]));
  for (const counter of counters) {
    if (current.get(locationKey(counter)) === counter.value) continue;
    await alter(session, counter, `ALTER TABLE ${names.sql(counter)} AUTO_INCREMENT = ${counter.value}`);
  }
}

/** Sets MariaDB's sequences where they are at another value. */
export async function setSequences(session: Session, names: Names, sequences: readonly Counter[]): Promise<void> {
  for (const sequence of sequences) {
    const name = names.sql(sequence);
    const rows = await session
      .texts(`SELECT next_not_cached_value, minimum_value, maximum_value FROM ${name}`)
      .catch((error: unknown) => {
        if (errorNumber(error) === NO_SUCH_TABLE) return [];
        throw error;
      });
    const [next, minimum, maximum] = rows[0] ?? [];
    if (next == null || next === sequence.value) continue;
    const value = BigInt(sequence.value);
    // One that has run out stands beyond its last value, where it cannot be set to.
    if (value > BigInt(maximum!)) await alter(session, sequence, `DO SETVAL(${name}, ${maximum!}, 1)`);
    else if (value >= BigInt(minimum!)) {
      await alter(session, sequence, `ALTER SEQUENCE ${name} RESTART ${sequence.value}`);
    }
  }
}

async function alter(session: Session, counter: Counter, sql: string): Promise<void> {
  try {
    await session.query(sql);
  } catch (error) {
    if (errorNumber(error) === NO_SUCH_TABLE) return; // Dropped meanwhile.
    throw statementFailure(counter, 'its counter could not be set yet', error);
  }
}
