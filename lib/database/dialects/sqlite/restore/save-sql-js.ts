import type { DataSource } from 'typeorm';
import { restoreRefused } from '../../../../errors/restore-errors.js';
import { replaceFile, requireReplaceable } from '../replace-file.js';
import { exportSqlJs, sqlJsDatabase } from '../sql-js.js';

interface SqljsDriver {
  readonly options: { readonly autoSave?: boolean; readonly autoSaveCallback?: unknown; readonly location?: string };
  autoSave(): Promise<void>;
}

/** Databases with a commit that is not in their file yet. */
const unsaved = new WeakSet<object>();

/**
 * Saves the database where TypeORM would, since a restore must outlast the process. TypeORM itself would empty the file
 * before writing, and a process killed in between would leave an empty database.
 */
export async function saveSqlJs(dataSource: DataSource): Promise<void> {
  const driver = dataSource.driver as unknown as SqljsDriver;
  const location = fileOf(dataSource);
  unsaved.add(dataSource);
  if (location !== undefined) await replaceFile(location, exportSqlJs(sqlJsDatabase(dataSource)));
  else if (driver.options.autoSave) await driver.autoSave();
  unsaved.delete(dataSource);
}

/** The file decides what was committed, so what could not be saved is tried again first. */
export async function saveAgain(dataSource: DataSource): Promise<void> {
  if (unsaved.has(dataSource)) await saveSqlJs(dataSource);
}

/** @throws BackupError `RESTORE_REFUSED` when what is restored could not be saved */
export async function refuseUnsavable(dataSource: DataSource): Promise<void> {
  const location = dataSource.options.type === 'sqljs' ? fileOf(dataSource) : undefined;
  if (location === undefined) return;
  await requireReplaceable(location).catch(({ code }: NodeJS.ErrnoException) => {
    throw restoreRefused(
      `the file of the database, "${location}", cannot be replaced (${code})`,
      'Give the user of the application the right to write into its directory.',
    );
  });
}

/** The file that TypeORM saves to; undefined if a function of the application does the saving. */
function fileOf({ driver }: DataSource): string | undefined {
  const { autoSave, autoSaveCallback, location } = (driver as unknown as SqljsDriver).options;
  return autoSave && autoSaveCallback ? undefined : location;
}
