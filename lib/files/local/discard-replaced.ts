import { chmod, rename, rmdir } from 'node:fs/promises';
import { syncFolder } from '../../support/sync-path.js';
import type { PreservedPaths } from '../restore-target.js';
import { damagedStaging, hasCode, isForbidden } from '../staging-errors.js';
import { entriesOf, isNeverSaved, joinBytes, type Rescue, removeTree, withPermission } from './folders.js';
import { removeJournal, sealedAt } from './journal.js';
import { keepAside, kindOf, placeBelow, type Returning, showKept } from './moves.js';
import { UnsavedList } from './sealed-lists.js';
import { removeStagingFolder, type StagingLayout, statIfThere } from './staging-folder.js';

/** Maximum clock difference: a modification time further in the future was set explicitly, not by writing. */
const MAX_SKEW_MS = 10 * 60 * 1000;
const MODE_BITS = 0o7777;

/**
 * Removes what the restore has replaced.
 *
 * A file written after the directory was sealed is not part of what was replaced: its row may well be in the new
 * database. Neither is anything that no backup saves (links above all), or that this backup has not saved. These move
 * back to their paths or, where something new has taken the place, into the folder of kept files. A file counts as
 * written only if both of its times say so: that of its content (which moving does not touch) and that of its metadata
 * (which cannot be set).
 *
 * What the system refuses to remove, above all an immutable file, is set aside as `replaced` at the end: it is harmless
 * there, and its removal is retried together with the other traces.
 */
export async function discardReplaced(layout: StagingLayout, kept: PreservedPaths): Promise<void> {
  if ((await statIfThere(layout.oldNames)) || (await statIfThere(layout.fresh))) {
    throw damagedStaging(layout.work, 'is not in place yet, so nothing old may be removed');
  }
  if (await statIfThere(layout.old)) {
    const rescue = rescuer(layout, await sealedAt(layout), await UnsavedList.read(layout));
    try {
      await removeTree(layout.old, rescue);
    } catch (error) {
      if (!isForbidden(error)) throw error;
      await rescueAll(Buffer.from(layout.old), [], rescue);
      await rename(layout.old, layout.replaced);
    }
  }
  await showKept(layout, kept);
  for (const folder of [layout.work, layout.top]) await syncFolder(folder);
}

function rescuer(layout: StagingLayout, sealed: number, unsaved: UnsavedList): Rescue {
  return async (entry, path, relative) => {
    const lack = unsaved.of(relative);
    const neverSaved = isNeverSaved(entry, relative);
    const kind = kindOf(entry);
    const returning = { path, relative, kind };
    if (kind === 'directory') return (neverSaved || lack !== undefined) && placeFolder(layout, returning);
    const isKept = neverSaved || (await isWrittenSince(sealed, path));
    if (!isKept && lack === undefined) return false;
    if (await placeBelow(layout, returning)) return true;
    // The archive holds this file, although it lacks others of the folder.
    if (!isKept && lack === 'some' && (await statIfThere(placeOf(layout, relative)))?.isFile()) return false;
    await keepAside(layout, relative.at(-1)!, path, kind);
    return true;
  };
}

/** Moves the folder as a whole, so that it stays as it is; if its place is taken, its contents move back one by one. */
async function placeFolder(layout: StagingLayout, returning: Returning): Promise<boolean> {
  const target = placeOf(layout, returning.relative);
  const before = await statIfThere(returning.path);
  if (!before || (await statIfThere(target))) return false;
  const isPlaced = await withPermission(returning.path, () => placeBelow(layout, returning));
  const now = isPlaced ? await statIfThere(target) : undefined;
  if (now?.isDirectory() && now.mode !== before.mode) await chmod(target, before.mode & MODE_BITS);
  return isPlaced;
}

function placeOf({ top }: StagingLayout, relative: readonly Buffer[]): Buffer {
  return relative.reduce<Buffer>(joinBytes, Buffer.from(top));
}

/** Rescues what is worth keeping from a folder that cannot be removed. */
async function rescueAll(folder: Buffer, relative: readonly Buffer[], rescue: Rescue): Promise<void> {
  const folders: Buffer[] = [];
  await withPermission(folder, async () => {
    folders.length = 0;
    for await (const entry of entriesOf(folder)) {
      const isRescued = await rescue(entry, joinBytes(folder, entry.name), [...relative, entry.name]);
      if (!isRescued && entry.isDirectory()) folders.push(entry.name);
    }
  });
  for (const name of folders) await rescueAll(joinBytes(folder, name), [...relative, name], rescue);
}

async function isWrittenSince(sealed: number, path: Buffer): Promise<boolean> {
  const stats = await statIfThere(path);
  return (
    stats !== undefined && stats.mtimeMs > sealed && stats.ctimeMs > sealed && stats.mtimeMs <= Date.now() + MAX_SKEW_MS
  );
}

/**
 * Removes what is left of a restore once nothing of value is in it. The journal goes first: while it exists, the other
 * files show whether the restore was put in place.
 */
export async function removeTraces(layout: StagingLayout): Promise<void> {
  await rmdir(layout.old).catch(unlessGone); // Only if it is empty.
  await removeJournal(layout);
  await syncFolder(layout.staging).catch(unlessGone);
  // Another process that has taken it over removes it, too.
  await removeTree(layout.work).catch(unlessGone);
  await removeStagingFolder(layout);
}

function unlessGone(error: unknown): void {
  if (!hasCode(error, 'ENOENT')) throw error;
}
