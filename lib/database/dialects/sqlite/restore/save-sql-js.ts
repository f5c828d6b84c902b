import type { DataSource } from 'typeorm';

interface SqljsDriver {
  readonly options: { readonly autoSave?: boolean; readonly location?: string };
  autoSave(): Promise<void>;
  save(): Promise<void>;
}

/** Databases that hold a commit which their file does not. */
const unsaved = new WeakSet<object>();

/** Has TypeORM save the database where it would: a restore must outlast the process. */
export async function saveSqlJs(dataSource: DataSource): Promise<void> {
  const driver = dataSource.driver as unknown as SqljsDriver;
  unsaved.add(dataSource);
  if (driver.options.autoSave) await driver.autoSave();
  else if (driver.options.location) await driver.save();
  unsaved.delete(dataSource);
}

/** The file decides what was committed, so what could not be saved is tried again first. */
export async function saveAgain(dataSource: DataSource): Promise<void> {
  if (unsaved.has(dataSource)) await saveSqlJs(dataSource);
}
