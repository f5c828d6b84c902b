import type { CatalogTable } from '../database/catalog-table.js';
import type { TableReader } from '../database/dialects/table-reader.js';
import { type ExportedTable, LineSums } from '../database/export-table.js';
import { modelName } from '../database/table-location.js';
import { restoreFailed, restoreRefused } from '../errors/restore-errors.js';
import type { ManifestTable } from '../manifest/manifest.js';
import { giveBack } from '../support/lent-bytes.js';
import type { MatchedTable } from './check-target.js';

/** Reads a whole table as a backup would write it. @param onRead receives rows and bytes; throws to end the reading */
export async function exportedOf(
  reader: Pick<TableReader, 'lines'>,
  table: CatalogTable,
  model = modelName(table),
  onRead: (rows: number, bytes: number) => void = () => {},
): Promise<ExportedTable> {
  const sums = new LineSums(model);
  for await (const block of reader.lines(table, model)) {
    sums.add(block);
    onRead(block.count, block.bytes.length);
    giveBack(block.bytes);
  }
  return sums.total();
}

/**
 * Reads a restored table the way the restored backup wrote it.
 * @returns how it differs from the manifest, as the end of a sentence, or undefined when it does not
 */
export async function differenceOf(
  reader: Pick<TableReader, 'lines'>,
  archived: ManifestTable,
  table: CatalogTable,
  onRead: (rows: number, bytes: number) => void,
): Promise<string | undefined> {
  const { rows, digest } = await exportedOf(reader, asArchived(table, archived), archived.name, onRead);
  if (rows !== archived.rows) return `table "${archived.name}" came back with ${rows} rows instead of ${archived.rows}`;
  if (digest !== archived.digest) return `the rows of table "${archived.name}" did not come back as they were`;
  return undefined;
}

/**
 * Reads every restored table again, within the restore's transaction.
 * @throws BackupError `RESTORE_FAILED` when one differs from what was backed up, for example because of a trigger or
 *   rule
 */
export async function readBack(
  session: Pick<TableReader, 'lines'>,
  matched: ReadonlyArray<MatchedTable<ManifestTable>>,
  onRead: (table: string, bytes: number) => void,
): Promise<void> {
  for (const { archived, target } of matched) {
    const difference = await differenceOf(session, archived, target, (_, bytes) => onRead(archived.name, bytes));
    if (difference !== undefined) throw restoreFailed(difference);
  }
}

/** @throws BackupError `RESTORE_REFUSED` */
export function refuseReadBack(): never {
  throw restoreRefused(
    'translated rows cannot be read back: they are written differently than in the archive, whose digests they would have to match',
    'Omit --read-back (in code readBack).',
  );
}

/** A table may have the same columns in another order, which determines the order of the fields in its lines. */
function asArchived(table: CatalogTable, { columns, primaryKey }: ManifestTable): CatalogTable {
  const found = new Map(table.columns.map((column) => [column.name, column]));
  return {
    ...table,
    primaryKey,
    columns: columns.map(({ name, encoding }) => ({ ...found.get(name)!, encoding })),
  };
}
