import { randomUUID } from 'node:crypto';
import type { Database } from '../../database/database.js';
import type { DatabaseLock } from '../../database/dialects/dialect.js';
import { isOwnMigration } from '../../database/migrations/own-migrations.js';
import { aborted } from '../../errors/run-errors.js';
import type { ResolvedBackupOptions } from '../../options/resolved-options.js';
import { matchDirectories } from '../check-target.js';
import { endedBy, orLockLost } from '../lock-lost.js';
import type { OpenedArchive } from '../read/open-archive.js';
import type { RestoreProgress } from '../restore-progress.js';
import { RestoreRun } from '../restore-run.js';
import { compareFiles } from './compare-files.js';
import { compareRows } from './compare-rows.js';
import { RestoreTestProgress } from './restore-test-progress.js';
import { makeScratchDirectories } from './scratch-directories.js';

export interface RestoreTestOptions {
  /** A directory for the files of the test; by default each data directory's files are put beside it. */
  readonly scratch?: string;
  /** As for a restore. */
  readonly ignoreMigrations?: boolean;
  /** The lock `restore-test`; not released. */
  readonly lock: DatabaseLock;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RestoreProgress) => void;
  /** Receives what could not be removed afterwards; the next test removes it. */
  readonly onLeft: (error: unknown) => void;
}

/**
 * Restores an archive the same way as a restore does, but into a database and directories beside the application's,
 * reads everything back, and removes them. Where migrations lead from the archive's version to the application's they
 * are run too; the rows are then of another version, and undergo only the checks of the restore itself.
 * @throws BackupError as a restore, `RESTORE_TEST_FAILED`
 */
export async function runRestoreTest(
  archive: OpenedArchive,
  host: Database,
  options: ResolvedBackupOptions,
  { scratch, ignoreMigrations, lock, signal, onProgress, onLeft }: RestoreTestOptions,
): Promise<void> {
  const { manifest, migrations } = archive;
  const dataDirs = matchDirectories(manifest, options.dataDirs);
  const undo: Array<() => Promise<void>> = [];
  try {
    const files = await makeScratchDirectories(dataDirs, scratch);
    undo.unshift(() => files.remove());
    const names = ignoreMigrations ? undefined : migrations.applied.map(({ name }) => name);
    const { database, drop } = await host.createScratch(names);
    undo.unshift(drop);
    const stop = endedBy(lock, signal);
    const module = { ...options, dataDirs: files.directories };
    const progress = new RestoreTestProgress(archive, onProgress);
    const wanted = { ignoreMigrations, signal: stop, onProgress: progress.restored };
    const { migrations: made } = await new RestoreRun(randomUUID(), archive, module, database, wanted).run();
    if ([...made.run, ...made.reverted].every(isOwnMigration)) {
      await compareRows(database, manifest, stop, progress.compared);
    } else {
      progress.passOverRows();
    }
    await compareFiles(archive, files.directories, stop, progress.compared);
  } catch (error) {
    throw signal.aborted ? aborted(signal.reason) : orLockLost(lock, error);
  } finally {
    for (const step of undo) await step().catch(onLeft);
  }
}
