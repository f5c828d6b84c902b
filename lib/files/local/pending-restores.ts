import { unlink } from 'node:fs/promises';
import { directoryUnreadable } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import { locked } from '../../errors/lock-errors.js';
import { byRestore, type CutOff } from './cut-off.js';
import { discardReplaced, removeStagingFolder, removeTraces } from './discard-replaced.js';
import { heldStep, refuseTakenOver, takeOver } from './fence.js';
import { entriesIfThere, isEmpty } from './folders.js';
import { readJournal } from './journal.js';
import type { Journal } from './journal-text.js';
import { PreservedPaths } from './preserved-paths.js';
import { putInPlace } from './swap.js';
import {
  damagedStaging,
  hasCode,
  isForbidden,
  notRemoved,
  type TargetDirectory,
  unfinished,
} from './staging-errors.js';
import { hasStaging, stagingLayout, type StagingLayout, statIfThere } from './staging-layout.js';
import { parseWorkName } from './work-name.js';

export { clearLeftovers } from './clear-leftovers.js';

export type PendingRestore = CutOff<TargetDirectory>;

/**
 * The restores that were cut off, by the directories' journals; one `lstat` for each directory where there is none.
 * Without the backup lock it is a hint only, since a restore that runs has journals too.
 * @throws BackupError naming the path of a journal that is damaged or of another version; `DIRECTORY_UNREADABLE`
 */
export function pendingRestores(directories: readonly TargetDirectory[]): Promise<PendingRestore[]> {
  return byRestore(directories, pendingIn);
}

async function pendingIn({ name, path }: TargetDirectory): Promise<Journal | undefined> {
  try {
    return (await hasStaging(path)) ? await readJournal(path) : undefined;
  } catch (error) {
    throw error instanceof BackupError ? error : directoryUnreadable(name, error);
  }
}

/** Hears of what goes wrong and is no reason to stop. */
export type Report = (problem: BackupError) => void;

interface Taken {
  readonly directory: TargetDirectory;
  readonly layout: StagingLayout;
}

/**
 * Brings a restore to its end that was cut off: forward when the database has committed it, else back. The process that
 * began it may still live: its folders are taken over first, in all directories, so that it cannot take another step.
 * @param forget removes the database's mark, as in `StagedDirectories.discardOld`; not called where something that is
 * worth keeping cannot be taken from what was replaced: the next one tries again
 * @param report what could not be removed, though all is in place
 * @returns what the application wrote meanwhile and the new files left no place for
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
 * Whether a restore had come so far that all its files are in place; then the database may have forgotten it already.
 * Everything is there until the journal goes (`removeTraces`).
 */
export async function isInPlace({ id, directories }: PendingRestore): Promise<boolean> {
  for (const { path } of directories) {
    const layout = await findWork(path, id);
    if (layout && !(await statIfThere(layout.fresh)) && !(await statIfThere(layout.oldNames))) return true;
  }
  return false;
}

/** @returns undefined where nothing but the journal is left, and nothing else is needed */
async function take(id: string, directory: TargetDirectory, committed: boolean): Promise<StagingLayout | undefined> {
  const layout = await findWork(directory.path, id);
  if (layout) {
    if (!committed) await refuseBegun(layout);
    return takeOver(layout).catch((error: unknown) => {
      throw hasCode(error, 'ENOENT') ? locked() : error;
    });
  }
  const { journal, staging, work } = stagingLayout(directory.path, id);
  // A database that knows of the restore forgets it before its last folder goes.
  if (committed) throw damagedStaging(work, 'is gone, and the new files with it');
  if ((await readJournal(directory.path))?.id === id) await unlink(journal);
  await removeStagingFolder({ staging, top: directory.path });
  return undefined;
}

/** The restore's own folder, whoever holds it. */
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

/** Nothing but the staging folder was touched, so nothing but this may go; anything else would be a wrong decision. */
async function refuseBegun(layout: StagingLayout): Promise<void> {
  const hasOld = (await statIfThere(layout.old)) !== undefined && !(await isEmpty(layout.old));
  const hasBegun = !(await statIfThere(layout.oldNames)) && (await statIfThere(layout.fresh)) !== undefined;
  if (hasOld || hasBegun) {
    throw damagedStaging(
      layout.work,
      'was being put in place, but this database does not know of it. Is it the right one?',
    );
  }
}
