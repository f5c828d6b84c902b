import { realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import type { CatalogColumn, CatalogTable } from '../database/catalog-table.js';
import type { TargetDatabase } from '../database/database.js';
import { appliedIn, type MigrationPlan, planMigrations } from '../database/migrations/migration-plan.js';
import type { MigrationsRecord } from '../database/migrations/record.js';
import { locationKey, modelName } from '../database/table-location.js';
import { directoryUnreadable } from '../errors/archive-errors.js';
import { migrationRefused, migrationsDiffer } from '../errors/migration-errors.js';
import { restoreRefused, restoreRefusedFor } from '../errors/restore-errors.js';
import { isLocal } from '../files/data-directory.js';
import type { BackupManifest, ManifestTable } from '../manifest/manifest.js';
import type { DataDirectory } from '../options/backup-options.js';

/** @throws BackupError `RESTORE_REFUSED` when redacted rows would replace the existing ones without permission */
export function refuseRedacted(
  { redacted }: BackupManifest,
  options: { readonly replace?: boolean; readonly redacted?: boolean; readonly skipDatabase?: boolean },
): void {
  if (!redacted || !options.replace || options.redacted || options.skipDatabase) return;
  throw restoreRefused(
    'the backup is redacted: its rows differ from those of the original database',
    'Use another backup, or --replace --redacted (in code redacted: true) if the original may be lost.',
  );
}

/** @throws BackupError `RESTORE_REFUSED` for an archive from another engine */
export function matchEngine(manifest: BackupManifest, { server }: TargetDatabase): void {
  if (manifest.database.type === server.type) return;
  throw restoreRefused(
    `the archive is from ${manifest.database.type}, the target is ${server.type}`,
    'Restore into the same kind of database, or translate it with --translate (in code translate: true).',
  );
}

/**
 * The migrations that lead from the target to the archive, and from there to the application.
 * @throws BackupError `RESTORE_REFUSED` with every reason when they do not
 */
export function matchMigrations(
  archived: MigrationsRecord,
  { migrations, tables, mapped }: TargetDatabase,
): MigrationPlan {
  const { plan, differences } = planMigrations(archived, migrations);
  if (differences.length > 0) throw migrationsDiffer(differences);
  const made = tables.filter((table) => mapped.has(locationKey(table)));
  if (plan.forward.length > 0 && appliedIn(migrations).size === 0 && made.length > 0) {
    throw migrationRefused(
      `the target has run no migration, but has the table "${modelName(made[0]!)}": its schema was not created the way the archive’s was`,
      'Restore into an empty database.',
    );
  }
  return plan;
}

/** Whether every table, column and key is as in the archive, whatever the migrations say. */
export function hasSameTables(manifest: BackupManifest, { tables, mapped, comparableType }: TargetDatabase): boolean {
  return compareSchema(manifest.tables, tables, mapped, comparableType).differences.length === 0;
}

/**
 * Matches the archive's tables with the target's.
 * @throws BackupError `RESTORE_REFUSED`, with every difference
 */
export function matchTables(
  manifest: BackupManifest,
  tables: readonly CatalogTable[],
  { mapped, comparableType }: TargetDatabase,
): ReadonlyArray<MatchedTable<ManifestTable>> {
  const { matched, differences, onlyTypes } = compareSchema(manifest.tables, tables, mapped, comparableType);
  if (differences.length > 0) {
    throw restoreRefusedFor(
      'the schema differs',
      differences,
      onlyTypes
        ? 'Give these columns of the target the types they have in the archive, or use the application version that made the backup.'
        : 'Use the application version that made the backup, or change the schema of the target to match.',
    );
  }
  return matched;
}

/**
 * @throws BackupError `RESTORE_REFUSED` when the database is located in a directory whose content would be replaced;
 *   `DIRECTORY_UNREADABLE` for one that is not there, a link that leads nowhere included
 */
export async function refuseDatabaseInside(
  directories: readonly DataDirectory[],
  ownFiles: readonly string[],
): Promise<void> {
  for (const { name, path } of directories.filter(isLocal)) {
    const real = await realpath(path).catch((cause: unknown) => {
      throw directoryUnreadable(name, cause);
    });
    const inside = `${real}${sep}`;
    if (!ownFiles.some((file) => file.startsWith(inside))) continue;
    throw restoreRefused(
      `the database itself is located in the data directory "${name}"`,
      'Move the database elsewhere, or use --skip-files.',
    );
  }
}

/**
 * The application's directories that the archive fills.
 * @throws BackupError `RESTORE_REFUSED` when the application does not configure one of them, or Node would not let their
 *   files have a mode
 */
export function matchDirectories(manifest: BackupManifest, directories: readonly DataDirectory[]): DataDirectory[] {
  return Object.keys(manifest.files).map((name) => {
    const directory = directories.find((one) => one.name === name);
    // It disables fchmod, whatever it allows, and by their paths others could have modes changed elsewhere.
    if (directory && isLocal(directory) && process.permission !== undefined) {
      throw restoreRefused(
        'the permission model of Node.js, under which this process runs, lets no file be restored',
        'Restore in a process without --permission, or use --skip-files.',
      );
    }
    if (directory) return directory;
    throw restoreRefused(
      `the archive holds the data directory "${name}", which this application does not configure`,
      'Add it to the option dataDirs, or use --skip-files.',
    );
  });
}

/** A table as an archive's manifest describes it. */
interface ArchivedTable {
  /** The `model` of its lines. */
  readonly name: string;
  readonly schema: string | null;
  readonly table: string;
  readonly columns: ReadonlyArray<{ readonly name: string; readonly type: string }>;
  readonly primaryKey: readonly string[];
}

/** A table of the archive and the table of the target that receives its rows. */
export interface MatchedTable<Archived extends ArchivedTable> {
  readonly archived: Archived;
  readonly target: CatalogTable;
}

interface SchemaComparison<Archived extends ArchivedTable> {
  readonly matched: ReadonlyArray<MatchedTable<Archived>>;
  /** What does not match, in sentences: tables, columns and keys first, then types. */
  readonly differences: readonly string[];
  /** Only types differ. */
  readonly onlyTypes: boolean;
}

/**
 * Matches the tables of an archive with those of the target, by name. Every stored column must exist in both with the
 * same type, and the keys must be equal. The order of the columns does not matter.
 * @param comparable returns a type without details that do not affect its values
 * @param required tables that the application maps and that the archive must therefore have, by `locationKey`
 */
function compareSchema<Archived extends ArchivedTable>(
  archived: readonly Archived[],
  targets: readonly CatalogTable[],
  required: ReadonlySet<string>,
  comparable: (type: string) => string,
): SchemaComparison<Archived> {
  const byKey = new Map(targets.map((table) => [locationKey(table), table]));
  const matched: Array<MatchedTable<Archived>> = [];
  const differences: string[] = [];
  const types: string[] = [];
  const inArchive = new Set<string>();
  for (const table of archived) {
    const key = locationKey({ schema: table.schema, name: table.table });
    inArchive.add(key);
    const target = byKey.get(key);
    if (!target) {
      differences.push(`Table "${table.name}" is in the archive and not in the target.`);
    } else {
      differences.push(...compareTable(table, target));
      types.push(...compareTypes(table, target, comparable));
      matched.push({ archived: table, target });
    }
  }
  for (const [key, { name }] of byKey) {
    if (required.has(key) && !inArchive.has(key)) {
      differences.push(`Table "${name}" is in the target and not in the archive.`);
    }
  }
  return { matched, differences: [...differences, ...types], onlyTypes: differences.length === 0 };
}

function* compareTable(archived: ArchivedTable, target: CatalogTable): Iterable<string> {
  const stored = storedColumns(target);
  for (const { name } of archived.columns) {
    if (!stored.delete(name)) yield `Column "${archived.name}.${name}" is in the archive and not in the target.`;
  }
  for (const name of stored.keys()) yield `Column "${archived.name}.${name}" is in the target and not in the archive.`;
  if (archived.primaryKey.join('\0') !== target.primaryKey.join('\0')) {
    yield `The primary key of "${archived.name}" is (${archived.primaryKey.join(', ')}) in the archive and (${target.primaryKey.join(', ')}) in the target.`;
  }
}

function* compareTypes(
  archived: ArchivedTable,
  target: CatalogTable,
  comparable: (type: string) => string,
): Iterable<string> {
  const stored = storedColumns(target);
  for (const { name, type } of archived.columns) {
    const there = stored.get(name)?.type;
    if (there === undefined || comparable(there) === comparable(type)) continue;
    yield `Column "${archived.name}.${name}" is ${type} in the archive and ${there} in the target.`;
  }
}

function storedColumns({ columns }: CatalogTable): Map<string, CatalogColumn> {
  return new Map(columns.filter(({ generated }) => !generated).map((column) => [column.name, column]));
}
