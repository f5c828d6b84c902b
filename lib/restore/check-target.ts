import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { occupied } from '../archive/staging/occupied.js';
import { BackupError } from '../backup.errors.js';
import type { BackupManifest, ManifestTable } from '../backup/manifest.js';
import { compareMigrations } from '../database/compare-migrations.js';
import { compareSchema, type MatchedTable } from '../database/compare-schema.js';
import type { RestoreSession } from '../database/dialects/restore-dialect.js';
import type { MigrationsRecord } from '../database/migrations.js';
import { modelName } from '../database/table-location.js';
import type { DataDirectory } from '../options/backup-options.js';

/** What the target database is, as far as an archive has to fit it. */
export interface Target {
  readonly migrations: MigrationsRecord;
  /** Tables that the host maps, by `locationKey`. */
  readonly mapped: ReadonlySet<string>;
}

/**
 * Matches the archive's tables with the target's.
 * @throws BackupError `RESTORE_REFUSED`, with every difference
 */
export function matchTables(
  manifest: BackupManifest,
  archived: MigrationsRecord,
  session: RestoreSession,
  { migrations, mapped }: Target,
): ReadonlyArray<MatchedTable<ManifestTable>> {
  if (manifest.database.type !== session.server.type) {
    throw BackupError.restoreRefused(
      `the archive is of ${manifest.database.type}, the target is ${session.server.type}`,
      'Restore into the same kind of database.',
    );
  }
  const history = compareMigrations(archived, migrations);
  if (history.length > 0) {
    throw BackupError.restoreRefused(
      `the migrations differ:\n- ${history.join('\n- ')}`,
      'Bring an empty database to the archive’s own version, restore, then run the remaining migrations.',
    );
  }
  const { matched, differences } = compareSchema(manifest.tables, session.tables, mapped);
  if (differences.length > 0) {
    throw BackupError.restoreRefused(
      `the schema differs:\n- ${differences.join('\n- ')}`,
      'Use the application version that made the backup.',
    );
  }
  return matched;
}

/** @throws BackupError `RESTORE_REFUSED` when rows are there */
export async function refuseRows(
  session: RestoreSession,
  matched: ReadonlyArray<MatchedTable<ManifestTable>>,
): Promise<void> {
  const occupied = await session.occupied(matched.map(({ target }) => target));
  if (occupied.length === 0) return;
  const names = occupied.map((table) => `"${modelName(table)}"`).join(', ');
  throw BackupError.restoreRefused(`the database is not empty: ${names} hold rows`, 'Use --replace to replace them.');
}

/** @throws BackupError `RESTORE_REFUSED` when the database lies in a directory whose content would be replaced */
export async function refuseDatabaseInside(
  directories: readonly DataDirectory[],
  ownFiles: readonly string[],
): Promise<void> {
  for (const { name, path } of directories) {
    const inside = `${await realpath(path)}${sep}`;
    if (!ownFiles.some((file) => file.startsWith(inside))) continue;
    throw BackupError.restoreRefused(
      `the database itself lies in the data directory "${name}"`,
      'Move the database elsewhere, or use --skip-files.',
    );
  }
}

/** @throws BackupError `RESTORE_REFUSED` when files are there */
export async function refuseFiles(directories: readonly DataDirectory[]): Promise<void> {
  for (const { name, path } of directories) {
    const there = await occupied(path);
    if (there.length === 0) continue;
    throw BackupError.restoreRefused(
      `the data directory "${name}" is not empty: it holds ${there.join(', ')}`,
      'Use --replace to replace its content.',
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
    throw BackupError.restoreRefused(
      `the archive holds the data directory "${name}", which this application does not configure`,
      'Add it to the option dataDirs, or use --skip-files.',
    );
  });
}
