import type { CatalogTable } from '../database/catalog-table.js';
import type { Database } from '../database/database.js';
import type { RestoreSession } from '../database/dialects/restore-dialect.js';
import { BackupError } from '../errors/backup-error.js';
import { explain } from '../errors/explain.js';
import { restoreFailed, restoreUnfinished } from '../errors/restore-errors.js';
import { isStore } from '../files/data-directory.js';
import type { RestoreTarget } from '../files/restore-target.js';
import type { DataDirectory } from '../options/backup-options.js';
import type { RestoreStrategy } from './strategy/restore-strategy.js';

/**
 * Commits a restore. If the connection is lost meanwhile, a new one asks whether the commit succeeded.
 * @throws BackupError `OUTCOME_UNKNOWN` when the database cannot say; `RESTORE_FAILED` when it did not commit
 */
export async function commit(session: RestoreSession, id: string, databases: Database): Promise<void> {
  try {
    await session.commit();
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'OUTCOME_UNKNOWN') throw error;
    const committed = await databases.restores.wasCommitted(id).catch(() => undefined);
    if (committed === undefined) throw error;
    if (!committed) throw restoreFailed('the connection was lost before the commit', error);
  }
}

/** What a committed restore still has to do. */
interface Committed {
  readonly databases: Database;
  readonly directories: readonly DataDirectory[];
  readonly staged: RestoreTarget;
  readonly strategy: RestoreStrategy | undefined;
  /** The tables that were loaded. */
  readonly tables: readonly CatalogTable[];
}

/**
 * Puts the files in place and removes what the restore no longer needs.
 * @returns what is left to a later run, for the report
 * @throws BackupError `RESTORE_UNFINISHED` when the files are not in place; the error of a migration after the commit
 */
export async function takeEffect(
  id: string,
  { databases, directories, staged, strategy, tables }: Committed,
): Promise<string[]> {
  const remarks: string[] = [];
  const failure = await strategy?.settle?.().catch(async (error: unknown) => {
    await staged.abandon();
    throw error;
  });
  await staged.swap().catch((cause: unknown) => {
    throw restoreUnfinished(cause);
  });
  try {
    await staged.discardOld(() => databases.restores.forget(id));
    await removeOwnTable(databases, directories);
  } catch (error) {
    remarks.push(
      `The restore is complete, but its traces could not all be removed; a later run removes them (${explain(error)})`,
    );
  }
  await databases.restores.tidyUp?.(tables);
  if (failure) throw failure;
  return remarks;
}

/**
 * What a store has retained is removed by the next restore or recovery, which uses the table to tell which database it
 * belongs to.
 */
export async function removeOwnTable(databases: Database, directories: readonly DataDirectory[]): Promise<void> {
  if (!directories.some(isStore)) await databases.restores.removeOwnTable?.();
}
