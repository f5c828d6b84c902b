import { rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupError } from '../../backup.errors.js';
import { emptyOld, removeTraces } from './empty-old.js';
import { entriesOf, isEmpty } from './folders.js';
import { readJournal } from './journal.js';
import { KeptList } from './kept-list.js';
import { putInPlace } from './put-in-place.js';
import { removeTree } from './remove-tree.js';
import { damagedStaging, stagingFailed, type TargetDirectory, unfinished } from './staging-errors.js';
import { hasStaging, isRestoreId, stagingLayout, type StagingLayout, statIfThere } from './staging-layout.js';

/** A restore that was cut off after it was sealed, and the directories in which it is not finished. */
export interface PendingRestore {
  readonly id: string;
  readonly directories: readonly TargetDirectory[];
}

/**
 * The restores that were cut off, by the directories' journals; one `lstat` for each directory where there is none.
 * Without the backup lock it is a hint only, since a restore that runs has journals too.
 * @throws BackupError naming the path of a journal that is damaged or of another version; `DIRECTORY_UNREADABLE`
 */
export async function pendingRestores(directories: readonly TargetDirectory[]): Promise<PendingRestore[]> {
  const found = new Map<string, TargetDirectory[]>();
  for (const directory of directories) {
    const id = await pendingIn(directory);
    if (id !== undefined) found.set(id, [...(found.get(id) ?? []), directory]);
  }
  return [...found].map(([id, own]) => ({ id, directories: own }));
}

async function pendingIn({ name, path }: TargetDirectory): Promise<string | undefined> {
  try {
    return (await hasStaging(path)) ? await readJournal(path) : undefined;
  } catch (error) {
    throw error instanceof BackupError ? error : BackupError.directoryUnreadable(name, error);
  }
}

/**
 * Brings a restore to its end that was cut off: forward when the database has committed it, else back.
 * @param forget removes the database's mark, as in `StagedDirectories.discardOld`
 * @returns what the application wrote meanwhile and the new files left no place for
 */
export async function finishPending(
  pending: PendingRestore,
  committed: boolean,
  forget: () => Promise<void>,
): Promise<KeptList> {
  const kept = new KeptList();
  const each = async (step: (layout: StagingLayout, kept: KeptList) => Promise<void>) => {
    for (const directory of pending.directories) {
      try {
        await step(stagingLayout(directory.path, pending.id), kept);
      } catch (error) {
        throw unfinished(directory, error);
      }
    }
  };
  for (const step of committed ? [putInPlace, emptyOld] : [refuseBegun]) await each(step);
  await forget();
  await each(removeTraces);
  return kept;
}

/**
 * Removes what restores have left that were killed while staging: a staging folder without a journal. Only under the
 * backup lock, since a restore that runs looks the same.
 */
export async function clearLeftovers(directories: readonly TargetDirectory[]): Promise<void> {
  for (const directory of directories) {
    try {
      if (!(await hasStaging(directory.path)) || (await readJournal(directory.path)) !== undefined) continue;
      await clearStaging(directory.path);
    } catch (error) {
      throw stagingFailed(directory, '', error);
    }
  }
}

async function clearStaging(top: string): Promise<void> {
  const { staging } = stagingLayout(top, 'leftovers');
  for await (const { name } of entriesOf(staging)) {
    const path = join(staging, name.toString());
    const old = join(path, 'old');
    // Old entries are moved only under a journal, and it is removed only after them.
    if ((await statIfThere(old)) && !(await isEmpty(old))) throw damagedStaging(path, 'has lost its journal');
    if (isRestoreId(name.toString())) await removeTree(path);
    else if (name.toString() === 'journal.json.tmp') await unlink(path);
    else throw damagedStaging(path, 'is not of this library');
  }
  await rmdir(staging);
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
