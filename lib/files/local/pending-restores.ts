import { unlink } from 'node:fs/promises';
import { BackupError } from '../../errors/backup-error.js';
import { locked } from '../../errors/lock-errors.js';
import { parseWorkName } from '../restore-owner.js';
import { PreservedPaths } from '../restore-target.js';
import {
  damagedStaging,
  hasCode,
  isForbidden,
  notRemoved,
  type TargetDirectory,
  unfinished,
} from '../staging-errors.js';
import { discardReplaced, removeTraces } from './discard-replaced.js';
import { entriesIfThere, isEmpty } from './folders.js';
import { type PendingRestore, readJournal } from './journal.js';
import {
  heldStep,
  refuseTakenOver,
  removeStagingFolder,
  type StagingLayout,
  stagingLayout,
  statIfThere,
  takeOver,
} from './staging-folder.js';
import { putInPlace } from './swap.js';

/** Receives problems that are no reason to stop. */
export type Report = (problem: BackupError) => void;

interface Taken {
  readonly directory: TargetDirectory;
  readonly layout: StagingLayout;
}

/**
 * Completes an interrupted restore: forward if the database has committed it, otherwise back. The process that
 * started it may still be alive, so its folders are taken over first, in all directories, after which it cannot take
 * another step.
 * @param forget removes the database's mark, as in `StagedDirectories.discardOld`; not called while something worth
 *   keeping cannot be moved out of what was replaced: the next recovery tries again
 * @param report receives what could not be removed although everything is in place
 * @returns what the application wrote in the meantime where the new files left no place for it
 */
export async function finishPending(
  pending: PendingRestore,
  committed: boolean,
  forget: () => Promise<void>,
  report: Report = () => {},
): Promise<PreservedPaths> {
  const kept = new PreservedPaths();
  const taken: Taken[] = [];
  for (const directory of pending.directories) {
    const layout = await orUnfinished(directory, () => take(pending.id, directory, committed));
    if (layout) taken.push({ directory, layout });
  }
  for (const { directory, layout } of taken) {
    const step = committed ? putInPlace : refuseBegun;
    await orUnfinished(directory, () => heldStep(directory, layout, () => step(layout, kept)));
  }
  let isEmptied = true;
  for (const { directory, layout } of committed ? taken : []) {
    await heldStep(directory, layout, () => discardReplaced(layout, kept)).catch((error: unknown) => {
      if (!isForbidden(error)) throw unfinished(directory, error);
      isEmptied = false;
      report(notRemoved(directory, error));
    });
  }
  if (!isEmptied) return kept;
  for (const { directory, layout } of taken) await refuseTakenOver(directory, layout);
  await forget();
  for (const { directory, layout } of taken) {
    await removeTraces(layout).catch((error: unknown) => {
      if (!isForbidden(error)) throw unfinished(directory, error);
      report(notRemoved(directory, error));
    });
  }
  return kept;
}

/**
 * Whether a restore got far enough for all of its files to be in place; the database may have forgotten it by then.
 * Everything else stays until the journal is removed (`removeTraces`).
 */
export async function isInPlace({ id, directories }: PendingRestore): Promise<boolean> {
  for (const { path } of directories) {
    const layout = await findWork(path, id);
    if (layout && !(await statIfThere(layout.fresh)) && !(await statIfThere(layout.oldNames))) return true;
  }
  return false;
}

/** @returns undefined when only the journal is left and nothing else is needed */
async function take(id: string, directory: TargetDirectory, committed: boolean): Promise<StagingLayout | undefined> {
  const layout = await findWork(directory.path, id);
  if (layout) {
    if (!committed) await refuseBegun(layout);
    return takeOver(layout).catch((error: unknown) => {
      throw hasCode(error, 'ENOENT') ? locked() : error;
    });
  }
  const { journal, staging, work } = stagingLayout(directory.path, id);
  // A database that knows of the restore forgets it before its last folder is removed.
  if (committed) throw damagedStaging(work, 'is gone, and so are the new files');
  if ((await readJournal(directory.path))?.id === id) await unlink(journal);
  await removeStagingFolder({ staging, top: directory.path });
  return undefined;
}

/** The restore's own folder, whichever process holds it. */
async function findWork(top: string, id: string): Promise<StagingLayout | undefined> {
  for await (const { name } of entriesIfThere(stagingLayout(top, id).staging)) {
    if (parseWorkName(name.toString())?.id === id) return stagingLayout(top, id, name.toString());
  }
  return undefined;
}

async function orUnfinished<Result>(directory: TargetDirectory, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    throw unfinished(directory, error);
  }
}

/** Only the staging folder was touched, so only that may be removed; anything else would be a wrong decision. */
async function refuseBegun(layout: StagingLayout): Promise<void> {
  const hasOld = (await statIfThere(layout.old)) !== undefined && !(await isEmpty(layout.old));
  const hasBegun = !(await statIfThere(layout.oldNames)) && (await statIfThere(layout.fresh)) !== undefined;
  if (hasOld || hasBegun) {
    throw damagedStaging(
      layout.work,
      'was being put in place, but this database has no record of it. Is it the right database?',
    );
  }
}
