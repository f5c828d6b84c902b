import { constants } from 'node:fs';
import { link, open, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { directoryUnreadable } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import { syncFolder } from '../../support/sync-path.js';
import { byRestore, type CutOff, type Journal, journalText, parseJournal } from '../restore-owner.js';
import { damagedStaging, hasCode, type TargetDirectory } from '../staging-errors.js';
import { hasStaging, journalPath, type StagingLayout, statIfThere } from './staging-folder.js';

const MAX_BYTES = 64 * 1024;

export type PendingRestore = CutOff<TargetDirectory>;

/**
 * The interrupted restores, according to the directories' journals; costs one `lstat` for each directory without
 * any. Without the backup lock this is only a hint, since a running restore has journals too.
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

/**
 * Records that all of a restore is staged in this directory, and may be put in place once that is decided.
 * @returns false when another restore has its journal there
 */
export async function writeJournal(layout: StagingLayout, journal: Journal): Promise<boolean> {
  const handle = await open(layout.journalDraft, 'wx', 0o600);
  try {
    await handle.writeFile(journalText(journal));
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (!(await publish(layout))) return false;
  await syncFolder(layout.staging);
  return true;
}

/** Never overwrites another journal, so it avoids `rename` where there is an alternative. */
async function publish({ journalDraft, journal }: StagingLayout): Promise<boolean> {
  try {
    await link(journalDraft, journal);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    if (hasCode(error, 'ENOENT')) throw error;
    if (await statIfThere(journal)) return false;
    await rename(journalDraft, journal);
    return true;
  }
  await unlink(journalDraft);
  return true;
}

/**
 * The restore named by a directory's journal; undefined without a journal.
 * @throws BackupError naming the path when this version cannot have written the journal
 */
export async function readJournal(top: string): Promise<Journal | undefined> {
  const path = journalPath(top);
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  return parseJournal(text, path);
}

/** When the directory was sealed, by its own filesystem's clock. */
export async function sealedAt(layout: StagingLayout): Promise<number> {
  return (await stat(layout.journal)).mtimeMs;
}

/**
 * Invalidates a restore's own journal by moving it into the restore's folder: only a process that holds the folder can.
 */
export async function removeJournal(layout: StagingLayout): Promise<void> {
  if ((await readJournal(layout.top))?.id !== layout.id) return;
  await rename(layout.journal, join(layout.work, 'journal.done')).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    const handle = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    if (hasCode(error, 'ELOOP', 'EISDIR')) throw damagedStaging(path, 'is not a file', error);
    throw error;
  }
}
