import type { CatalogTable } from '../../../catalog-table.js';
import type { MysqlConnection } from '../connection.js';
import type { Names } from '../names.js';
import { readCounters } from '../sequences.js';
import { settle } from './apply-undo.js';
import { countersOf } from './counters.js';
import { probeCounters, probeTriggers } from './probe.js';
import { createMarks, recordUndo, undoneMarks } from './restore-record.js';
import { dropTriggers, readTriggers } from './triggers.js';
import type { Undo } from './undo-record.js';

/**
 * Records what no transaction covers, then drops the triggers. Each statement is committed immediately, so the record
 * comes first.
 * @param onTableMade called when the table of marks did not exist before
 */
export async function setAside(
  connection: MysqlConnection,
  names: Names,
  id: string,
  tables: readonly CatalogTable[],
  onTableMade: () => void,
): Promise<Undo> {
  if (await createMarks(connection, names)) onTableMade();
  // What an earlier restore has suspended would be missing in this one's record.
  for (const earlier of await undoneMarks(connection, names)) await settle(connection, names, earlier);
  const found = await readTriggers(connection, names, tables);
  const triggers = found.map(({ trigger }) => trigger);
  const databases = [...new Set(triggers.map(({ table }) => table.schema ?? names.database))];
  const undo = {
    triggers,
    collations: await collationsOf(connection, databases),
    counters: countersOf(tables, await readCounters(connection, names, tables)),
    sequences: [],
  };
  await recordUndo(connection, names, id, undo);
  await probeTriggers(connection, names, new Set(found.map(({ definer }) => definer)));
  if (undo.counters.length > 0) await probeCounters(connection, names);
  await dropTriggers(connection, names, triggers);
  return undo;
}

async function collationsOf(
  connection: MysqlConnection,
  databases: readonly string[],
): Promise<Record<string, string>> {
  const collations: Record<string, string> = {};
  for (const database of databases) {
    const sql = 'SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = ?';
    const [row] = await connection.texts(sql, [database]);
    collations[database] = row![0]!;
  }
  return collations;
}
