import { rmdir, unlink } from 'node:fs/promises';
import type { KeptList } from './kept-list.js';
import { removeJournal, sealedAt } from './journal.js';
import { placeBelow, placeInto } from './place.js';
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
 * new database. It goes back to its path, or, when a new file stands there, into the folder of what was kept. Written
 * means both times of the file: of its content (which moving does not touch) and of its metadata (which nobody can set).
 */
export async function emptyOld(layout: StagingLayout, kept: KeptList): Promise<void> {
  if ((await statIfThere(layout.oldNames)) || (await statIfThere(layout.fresh))) {
    throw damagedStaging(layout.work, 'is not in place yet, so that nothing old may be removed');
  }
  if (await statIfThere(layout.old)) {
    const sealed = await sealedAt(layout);
    await removeTree(layout.old, async (path, relative) => {
      const stats = await statIfThere(path);
      const latest = Date.now() + MAX_SKEW_MS;
      if (!stats || stats.mtimeMs <= sealed || stats.ctimeMs <= sealed || stats.mtimeMs > latest) return false;
      if (await placeBelow(layout.top, relative, path)) return true;
      kept.add(await placeInto(layout.kept, relative.at(-1) ?? path, path, false));
      return true;
    });
    for (const folder of [layout.work, layout.top]) await syncFolder(folder);
  }
}

/** Removes what is left of a restore that holds nothing of value any more, its journal last. */
export async function removeTraces(layout: StagingLayout): Promise<void> {
  await removeTree(layout.fresh);
  await rmdir(layout.old).catch(unlessGone);
  await unlink(layout.oldNames).catch(unlessGone);
  await removeTree(layout.work);
  await unlink(`${layout.journal}.tmp`).catch(unlessGone);
  await syncFolder(layout.staging);
  await removeJournal(layout);
  await rmdir(layout.staging).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error;
  });
  await syncFolder(layout.top);
}

function unlessGone(error: unknown): void {
  if (!hasCode(error, 'ENOENT')) throw error;
}
