import { rmdir, unlink } from 'node:fs/promises';
import { isNeverSaved } from './folders.js';
import { sealedAt, removeJournal } from './journal.js';
import { keepAside, showKept } from './keep-aside.js';
import type { KeptList } from './kept-list.js';
import { kindOf, placeBelow } from './place.js';
import { removeTree } from './remove-tree.js';
import { damagedStaging, hasCode } from './staging-errors.js';
import { type StagingLayout, statIfThere } from './staging-layout.js';
import { syncFolder } from './sync.js';

/** How far clocks may differ: a time of writing further in the future was set by somebody, not by writing. */
const MAX_SKEW_MS = 10 * 60 * 1000;

/**
 * Removes what the restore has replaced.
 *
 * A file that was written after the directory was sealed is not part of what was replaced: its row may well be in the
 * new database. Neither is what no backup saves, a link above all, part of it. These go back to their paths, or, when
 * something new stands there, into the folder of what was kept. Written means both times of the file: of its content
 * (which moving does not touch) and of its metadata (which nobody can set).
 */
export async function emptyOld(layout: StagingLayout, kept: KeptList): Promise<void> {
  if ((await statIfThere(layout.oldNames)) || (await statIfThere(layout.fresh))) {
    throw damagedStaging(layout.work, 'is not in place yet, so that nothing old may be removed');
  }
  if (await statIfThere(layout.old)) {
    const sealed = await sealedAt(layout);
    await removeTree(layout.old, async (entry, path, relative) => {
      if (!isNeverSaved(entry, relative) && !(await isWrittenSince(sealed, path))) return false;
      const kind = kindOf(entry);
      if (!(await placeBelow(layout, { path, relative, kind }))) {
        await keepAside(layout, relative.at(-1)!, path, kind);
      }
      return true;
    });
  }
  await showKept(layout, kept);
  for (const folder of [layout.work, layout.top]) await syncFolder(folder);
}

async function isWrittenSince(sealed: number, path: Buffer): Promise<boolean> {
  const stats = await statIfThere(path);
  return (
    stats !== undefined && stats.mtimeMs > sealed && stats.ctimeMs > sealed && stats.mtimeMs <= Date.now() + MAX_SKEW_MS
  );
}

/** Removes what is left of a restore that holds nothing of value any more, its journal last. */
export async function removeTraces(layout: StagingLayout): Promise<void> {
  await removeTree(layout.fresh);
  await rmdir(layout.old).catch(unlessGone);
  await unlink(layout.oldNames).catch(unlessGone);
  await syncFolder(layout.work).catch(unlessGone);
  await removeJournal(layout);
  await syncFolder(layout.staging).catch(unlessGone);
  await removeTree(layout.work);
  await removeStagingFolder(layout);
}

/** Only if nothing is left in it, of this restore or of another one. */
export async function removeStagingFolder({ staging, top }: Pick<StagingLayout, 'staging' | 'top'>): Promise<void> {
  await rmdir(staging).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error;
  });
  await syncFolder(top);
}

function unlessGone(error: unknown): void {
  if (!hasCode(error, 'ENOENT')) throw error;
}
