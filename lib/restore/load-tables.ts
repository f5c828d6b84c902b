import type { KnownConstraints } from '../database/dialects/constraint-texts.js';
import type { LoadColumn, RestoreSession } from '../database/dialects/restore-dialect.js';
import { locationKey } from '../database/table-location.js';
import { restoreFailed } from '../errors/restore-errors.js';
import type { TableRows } from '../jsonl/reader.js';
import type { BackupManifest, ManifestTable } from '../manifest/manifest.js';
import type { MatchedTable } from './check-target.js';

/**
 * Loads every table of the archive into its table of the target, and has the database's own count compared with the
 * manifest's, here or when the session completes. The rows themselves are proven by the reader, which knows each table's digest.
 * @throws BackupError `ARCHIVE_INVALID`, `RESTORE_FAILED`
 */
export async function loadTables(
  session: RestoreSession,
  matched: ReadonlyArray<MatchedTable<ManifestTable>>,
  tables: AsyncIterable<Pick<TableRows, 'table' | 'batches'> & Partial<TableRows>>,
): Promise<void> {
  const byName = new Map(matched.map((match) => [match.archived.name, match]));
  for await (const { table, batches, lines } of tables) {
    const { archived, target } = byName.get(table.name)!;
    const columns = loadColumns(archived, target.columns);
    if (session.loadLines && lines) {
      const { name: model, primaryKey } = archived;
      await session.loadLines(target, columns, { model, primaryKey, blocks: lines });
    } else {
      await session.load(target, columns, batches);
    }
    const check = (count: number) => {
      if (count === archived.rows) return;
      throw restoreFailed(`table "${archived.name}" holds ${count} rows instead of ${archived.rows}`);
    };
    if (session.countLater) session.countLater(target, check);
    else check(await session.count(target));
  }
}

function loadColumns(
  { columns }: ManifestTable,
  targets: MatchedTable<ManifestTable>['target']['columns'],
): LoadColumn[] {
  return columns.map(({ name, encoding, type }) => ({
    target: targets.find((column) => column.name === name)!,
    encoding,
    type,
  }));
}

/** The constraints of the tables whose rows the archive holds. */
export function knownConstraints({ tables }: Pick<BackupManifest, 'tables'>): KnownConstraints {
  const held = tables.filter(({ excluded }) => !excluded);
  return new Map(held.map(({ schema, table, constraints }) => [locationKey({ schema, name: table }), constraints]));
}
