import type { CatalogTable, SequenceState } from '../../database/catalog-table.js';
import type { Database } from '../../database/database.js';
import { locationKey } from '../../database/table-location.js';
import { restoreTestFailed } from '../../errors/restore-test-errors.js';
import type { BackupManifest } from '../../manifest/manifest.js';
import { differenceOf } from '../read-back.js';

/**
 * Reads every table as a backup would, and compares its rows, their digest and the counters with the manifest.
 * @throws BackupError `RESTORE_TEST_FAILED`, naming the table
 */
export async function compareRows(
  database: Database,
  manifest: BackupManifest,
  signal: AbortSignal,
  onRead: (table: string, bytes: number) => void = () => {},
): Promise<void> {
  const { snapshot } = await database.snapshot(signal);
  try {
    const tables = new Map(snapshot.tables.map((table) => [locationKey(table), table]));
    const compared: CatalogTable[] = [];
    for (const archived of manifest.tables) {
      const table = tables.get(locationKey({ schema: archived.schema, name: archived.table }))!;
      const difference = await differenceOf(snapshot, archived, table, (_, bytes) => {
        signal.throwIfAborted();
        onRead(archived.name, bytes);
      });
      if (difference !== undefined) throw restoreTestFailed(difference);
      compared.push(table);
    }
    compareCounters(await snapshot.sequences(compared), manifest.sequences);
  } finally {
    await snapshot.close();
  }
}

function compareCounters(found: readonly SequenceState[], archived: readonly SequenceState[]): void {
  const states = new Map(found.map((state) => [state.name, state]));
  for (const { name, value, called } of archived) {
    const state = states.get(name);
    if (!state || (state.value === value && state.called === called)) continue;
    throw restoreTestFailed(`the counter "${name}" came back as ${state.value} instead of ${value}`);
  }
}
