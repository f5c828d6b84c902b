import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { isLocal } from '../files/data-directory.js';
import { migrationRefused, migrationsDiffer } from '../errors/migration-errors.js';
import { restoreRefused, restoreRefusedFor } from '../errors/restore-errors.js';
import type { BackupManifest, ManifestTable } from '../manifest/manifest.js';
import { compareSchema, type MatchedTable } from '../database/compare-schema.js';
import type { Target } from '../database/database.js';
import type { CatalogTable } from '../database/catalog-table.js';
import { appliedIn, type MigrationPlan, planMigrations } from '../database/migrations/migration-plan.js';
import type { MigrationsRecord } from '../database/migrations/record.js';
import { locationKey, modelName } from '../database/table-location.js';
import type { DataDirectory } from '../options/backup-options.js';

/** @throws BackupError `RESTORE_REFUSED` when rows would be replaced by redacted ones, and nobody said that they may */
export function refuseRedacted(
  { redacted }: BackupManifest,
  options: { readonly replace?: boolean; readonly redacted?: boolean; readonly skipDatabase?: boolean },
): void {
  if (!redacted || !options.replace || options.redacted || options.skipDatabase) return;
  throw restoreRefused(
    'the backup is redacted: its rows are not those that the database held',
    'Use another backup, or --replace --redacted (in code redacted: true) where the original may be lost.',
  );
}

/** @throws BackupError `RESTORE_REFUSED` for an archive of another engine */
export function matchEngine(manifest: BackupManifest, { server }: Target): void {
  if (manifest.database.type === server.type) return;
  throw restoreRefused(
    `the archive is of ${manifest.database.type}, the target is ${server.type}`,
    'Restore into the same kind of database, or translate it with --translate (in code translate: true).',
  );
}

/**
 * The migrations that lead from the target to the archive, and from there to the application.
 * @throws BackupError `RESTORE_REFUSED` when they do not, with every reason
 */
export function matchMigrations(archived: MigrationsRecord, { migrations, tables, mapped }: Target): MigrationPlan {
  const { plan, differences } = planMigrations(archived, migrations);
  if (differences.length > 0) throw migrationsDiffer(differences);
  const made = tables.filter((table) => mapped.has(locationKey(table)));
  if (plan.forward.length > 0 && appliedIn(migrations).size === 0 && made.length > 0) {
    throw migrationRefused(
      `the target has run no migration, but has the table "${modelName(made[0]!)}": its schema was made in another way than the archive’s`,
      'Restore into an empty database.',
    );
  }
  return plan;
}

/** Whether every table, column and key is as it is in the archive, whatever migrations say. */
export function hasSameTables(manifest: BackupManifest, { tables, mapped, comparableType }: Target): boolean {
  return compareSchema(manifest.tables, tables, mapped, comparableType).differences.length === 0;
}

/**
 * Matches the archive's tables with the target's.
 * @throws BackupError `RESTORE_REFUSED`, with every difference
 */
export function matchTables(
  manifest: BackupManifest,
  tables: readonly CatalogTable[],
  { mapped, comparableType }: Target,
): ReadonlyArray<MatchedTable<ManifestTable>> {
  const { matched, differences, onlyTypes } = compareSchema(manifest.tables, tables, mapped, comparableType);
  if (differences.length > 0) {
    throw restoreRefusedFor(
      'the schema differs',
      differences,
      onlyTypes
        ? 'Give these columns of the target the types that they have in the archive, or use the application version that made the backup.'
        : 'Use the application version that made the backup, or change the schema of the target to match.',
    );
  }
  return matched;
}

/** @throws BackupError `RESTORE_REFUSED` when the database lies in a directory whose content would be replaced */
export async function refuseDatabaseInside(
  directories: readonly DataDirectory[],
  ownFiles: readonly string[],
): Promise<void> {
  for (const { name, path } of directories.filter(isLocal)) {
    const inside = `${await realpath(path)}${sep}`;
    if (!ownFiles.some((file) => file.startsWith(inside))) continue;
    throw restoreRefused(
      `the database itself lies in the data directory "${name}"`,
      'Move the database elsewhere, or use --skip-files.',
    );
  }
}

/**
 * The host's directories that the archive fills.
 * @throws BackupError `RESTORE_REFUSED` when the host does not know one
 */
export function matchDirectories(manifest: BackupManifest, directories: readonly DataDirectory[]): DataDirectory[] {
  return Object.keys(manifest.files).map((name) => {
    const directory = directories.find((one) => one.name === name);
    if (directory) return directory;
    throw restoreRefused(
      `the archive holds the data directory "${name}", which this application does not configure`,
      'Add it to the option dataDirs, or use --skip-files.',
    );
  });
}
