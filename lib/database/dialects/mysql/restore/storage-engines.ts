import { restoreRefused } from '../../../../errors/restore-errors.js';
import type { CatalogTable } from '../../../catalog-table.js';
import { locationKey, modelName } from '../../../table-location.js';
import { readInformation } from '../catalog.js';
import type { MysqlConnection } from '../connection.js';
import type { Names } from '../names.js';

const ENGINES = `SELECT table_schema, table_name, engine FROM information_schema.tables WHERE table_schema IN (?)`;

/** @throws BackupError `RESTORE_REFUSED` for the first table whose rows could not be rolled back */
export async function refuseOtherEngines(
  connection: MysqlConnection,
  names: Names,
  tables: readonly CatalogTable[],
): Promise<void> {
  const rows = await readInformation(connection, ENGINES, names);
  const engines = new Map(rows.map(([schema, name, engine]) => [locationKey(names.locate(schema!, name!)), engine]));
  for (const table of tables) {
    const engine = engines.get(locationKey(table));
    if (engine === 'InnoDB') continue;
    const name = modelName(table);
    const problem = engine ? `uses the engine ${engine}, which cannot roll back` : 'cannot be opened by the server';
    const remedy = engine ? `Convert it: ALTER TABLE ${names.sql(table)} ENGINE = InnoDB.` : 'Repair it first.';
    throw restoreRefused(`table "${name}" ${problem}`, remedy);
  }
}
