import type { BackupManifest, ManifestTable } from '../../backup/manifest.js';
import { BackupError } from '../../backup.errors.js';
import type { Database } from '../../database/database.js';
import type { CatalogTable, SequenceState } from '../../database/dialects/dialect.js';
import { exportTable, type ExportedTable } from '../../database/export-table.js';
import { locationKey } from '../../database/table-location.js';

/**
 * Reads every table as a backup would, and holds its rows, their digest and the counters against the manifest.
 * @throws BackupError `PROOF_FAILED`, naming the table
 */
export async function compareRows(database: Database, manifest: BackupManifest, signal: AbortSignal): Promise<void> {
  const { snapshot } = await database.snapshot(signal);
  try {
    const tables = new Map(snapshot.tables.map((table) => [locationKey(table), table]));
    const compared: CatalogTable[] = [];
    for (const archived of manifest.tables) {
      const table = inOrder(tables.get(locationKey({ schema: archived.schema, name: archived.table }))!, archived);
      const planned = { model: archived.name, entities: [], table, excluded: false };
      const { rows, digest } = await drain(exportTable(snapshot, planned, () => signal.throwIfAborted()));
      if (rows !== archived.rows) {
        throw BackupError.proofFailed(
          `table "${archived.name}" came back with ${rows} rows instead of ${archived.rows}`,
        );
      }
      if (digest !== archived.digest) {
        throw BackupError.proofFailed(`the rows of table "${archived.name}" did not come back as they were`);
      }
      compared.push(table);
    }
    compareCounters(await snapshot.sequences(compared), manifest.sequences);
  } finally {
    await snapshot.close();
  }
}

/** A table may have the same columns in another order, which is that of the fields of its lines. */
function inOrder(table: CatalogTable, { columns, primaryKey }: ManifestTable): CatalogTable {
  const places = new Map(columns.map(({ name }, place) => [name, place]));
  const placeOf = (name: string) => places.get(name) ?? columns.length;
  return {
    ...table,
    primaryKey,
    columns: table.columns.toSorted((one, other) => placeOf(one.name) - placeOf(other.name)),
  };
}

async function drain(lines: AsyncGenerator<Buffer, ExportedTable>): Promise<ExportedTable> {
  for (;;) {
    const { done, value } = await lines.next();
    if (done) return value;
  }
}

function compareCounters(found: readonly SequenceState[], archived: readonly SequenceState[]): void {
  const states = new Map(found.map((state) => [state.name, state]));
  for (const { name, value, called } of archived) {
    const state = states.get(name);
    if (!state || (state.value === value && state.called === called)) continue;
    throw BackupError.proofFailed(`the counter "${name}" came back as ${state.value} instead of ${value}`);
  }
}
