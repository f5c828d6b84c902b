import { randomUUID } from 'node:crypto';
import type { Database } from '../database/database.js';
import { storesUntil } from '../files/bounded-stores.js';
import type { ResolvedBackupOptions } from '../options/resolved-options.js';
import { refuseWithoutRoom } from './check-room.js';
import { matchDirectories, refuseDatabaseInside } from './check-target.js';
import { makeReport } from './make-report.js';
import type { OpenedArchive } from './read/open-archive.js';
import type { RestoreReport } from './restore-report.js';
import { chooseStrategy } from './strategy/choose-strategy.js';
import { TargetContent } from './target-content.js';

/** Nothing is staged for a plan. */
const NOTHING_STAGED = { kept: { paths: [] }, warnings: [] };

/**
 * What a restore that replaces everything would do, beside an application that goes on: no table is locked, and the rows
 * of the archive are not read.
 * @throws BackupError `RESTORE_REFUSED`, `DATABASE_UNAVAILABLE`, `ABORTED`
 */
export async function planRestore(
  archive: OpenedArchive,
  module: ResolvedBackupOptions,
  databases: Database,
  signal: AbortSignal,
): Promise<RestoreReport> {
  const options = { replace: true, dryRun: true, signal };
  const { manifest } = archive;
  const directories = matchDirectories(manifest, storesUntil(module.dataDirs, signal));
  const strategy = await chooseStrategy(randomUUID(), archive, databases, options);
  await refuseDatabaseInside(directories, databases.ownFiles());
  await refuseWithoutRoom(manifest, directories, module.archiveLimits);
  const content = new TargetContent(directories, options);
  await content.countFiles(signal);
  const session = await databases.restores.openRestore(signal);
  try {
    await strategy.foresee(session, content);
  } finally {
    await session.close();
  }
  const { replaced } = content;
  return makeReport(archive, {
    options,
    directories,
    target: NOTHING_STAGED,
    strategy,
    remarks: [],
    wasReadBack: false,
    replaced,
  });
}
