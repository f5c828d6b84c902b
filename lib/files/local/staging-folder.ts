/**
 * The folder in which a restore keeps all that is its own within a data directory.
 *
 * A restore may lose its lock and live on: it is suspended, its connection ends, and another process finishes or undoes
 * what looks like the work of a dead process. The process that takes over renames the restore's folder first. From then
 * on every step of the old process fails by itself, because each has one end under the folder's old name. Only the one
 * system call that was executing at that moment can still happen.
 */
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, rename, rmdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { STAGING_NAME } from '../../archive/entry-names.js';
import { restoreTakenOver } from '../../errors/restore-errors.js';
import { syncFolder } from '../../support/sync-path.js';
import { isRestoreId, parseWorkName, workName } from '../restore-owner.js';
import { damagedStaging, hasCode, type TargetDirectory } from '../staging-errors.js';

/** The paths of one restore in one data directory. */
export interface StagingLayout {
  readonly id: string;
  readonly top: string;
  /** The one top-level name that is ours. */
  readonly staging: string;
  readonly journal: string;
  /**
   * The restore's own folder. The process that holds it under this very name may take the next step; see restore-owner.ts.
   */
  readonly work: string;
  /** The journal until it is complete. */
  readonly journalDraft: string;
  readonly fresh: string;
  readonly old: string;
  /** What the system refused to remove from `old`; no longer needed. */
  readonly replaced: string;
  /** The top-level names when the restore was sealed; removed once all of them have moved to `old`. */
  readonly oldNames: string;
  /** What the archive lacks and no restore removes. */
  readonly unsaved: string;
  /** Modes of new top-level folders that can be set only when the folders are in place. */
  readonly lateModes: string;
  /** What moves to `kept` next, already under its name there. */
  readonly aside: string;
  /** Where a folder is created that will be moved elsewhere. */
  readonly folderDraft: string;
  /**
   * At the top, created only when needed: what the application wrote in the meantime where the new files left no place
   * for it.
   */
  readonly kept: string;
}

/** @param work the name of its own folder, if that is no longer the original one */
export function stagingLayout(top: string, id: string, work = workName({ id })): StagingLayout {
  if (!isRestoreId(id)) throw new TypeError('The id of a restore is a UUID.');
  const staging = join(top, STAGING_NAME);
  const own = join(staging, work);
  return {
    id,
    top,
    staging,
    journal: journalPath(top),
    work: own,
    journalDraft: join(own, 'journal.json'),
    fresh: join(own, 'new'),
    old: join(own, 'old'),
    replaced: join(own, 'replaced'),
    oldNames: join(own, 'old-names'),
    unsaved: join(own, 'unsaved'),
    lateModes: join(own, 'late-modes'),
    aside: join(own, 'aside'),
    folderDraft: join(own, 'folder'),
    kept: join(top, `kept-by-restore-${id}`),
  };
}

export function journalPath(top: string): string {
  return join(top, STAGING_NAME, 'journal.json');
}

/**
 * Whether the directory has a staging folder: one `lstat`.
 * @throws BackupError when something else has its name, above all a planted link
 */
export async function hasStaging(top: string): Promise<boolean> {
  const path = join(top, STAGING_NAME);
  const stats = await statIfThere(path);
  if (stats && !stats.isDirectory()) throw damagedStaging(path, 'is not a directory created by this library');
  return stats !== undefined;
}

/** Creates a restore's own folder. Another restore that ends at this moment may remove the staging folder. */
export async function makeWork(layout: StagingLayout): Promise<void> {
  for (let tries = 10; ; tries--) {
    if (!(await hasStaging(layout.top))) {
      await mkdir(layout.staging, { mode: 0o700 }).catch((error: unknown) => {
        if (!hasCode(error, 'EEXIST')) throw error;
      });
    }
    try {
      return await mkdir(layout.work, { mode: 0o700 });
    } catch (error) {
      if (hasCode(error, 'ENOENT') && tries > 0) continue;
      await removeStagingFolder(layout).catch(() => {});
      throw error;
    }
  }
}

/** Removes the staging folder if it is empty, that is, holds nothing of this restore or another one. */
export async function removeStagingFolder({ staging, top }: Pick<StagingLayout, 'staging' | 'top'>): Promise<void> {
  await rmdir(staging).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error;
  });
  await syncFolder(top);
}

/** What exists at a path, a link itself and not its target; undefined when nothing does. */
export async function statIfThere(path: string | Buffer) {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Takes over a restore's folder: a process that knows it by its old name cannot continue. */
export async function takeOver(layout: StagingLayout): Promise<StagingLayout> {
  const { id, database } = parseWorkName(basename(layout.work))!;
  const claim = randomBytes(4).toString('hex');
  const taken = stagingLayout(layout.top, id, workName({ id, database, claim }));
  await rename(layout.work, taken.work);
  await syncFolder(layout.staging);
  return taken;
}

export async function isHeld({ work }: StagingLayout): Promise<boolean> {
  return (await statIfThere(work)) !== undefined;
}

/** @throws BackupError `RESTORE_UNFINISHED` when another process has taken the restore over */
export async function refuseTakenOver(directory: TargetDirectory, layout: StagingLayout): Promise<void> {
  if (!(await isHeld(layout))) throw restoreTakenOver(directory.name, directory.path);
}

/** Runs a step after the decision. If the folder is gone by then, the outcome of the step is not trusted. */
export async function heldStep(
  directory: TargetDirectory,
  layout: StagingLayout,
  step: () => Promise<void>,
): Promise<void> {
  await refuseTakenOver(directory, layout);
  let failure: { readonly error: unknown } | undefined;
  try {
    await step();
  } catch (error) {
    failure = { error };
  }
  await refuseTakenOver(directory, layout);
  if (failure) throw failure.error;
}
