import { mkdir, rename, rmdir, unlink } from 'node:fs/promises';
import { syncFolder } from '../../support/sync-path.js';
import type { PreservedPaths } from '../restore-target.js';
import { damagedStaging, hasCode } from '../staging-errors.js';
import { type Entry, entriesOf, isEmpty, joinBytes, withPermission } from './folders.js';
import { keepAside, kindOf, moveNoReplace, showKept } from './moves.js';
import { readReplacedNames, setLateModes } from './sealed-lists.js';
import { isHeld, type StagingLayout, statIfThere } from './staging-folder.js';

/**
 * What must exist before the first step: a swap that does not find what was sealed has nothing to put in place, and
 * that is not success.
 */
export async function refuseUnsealed(layout: StagingLayout): Promise<void> {
  for (const path of [layout.oldNames, layout.fresh]) {
    if (!(await statIfThere(path))) throw damagedStaging(layout.work, 'no longer holds what was sealed in it');
  }
}

/**
 * Puts a sealed directory's new entries in the place of the old ones. Every step may be repeated, so this continues
 * wherever a kill has interrupted it; what still exists shows which step is next (see staged-directories.ts).
 */
export async function putInPlace(layout: StagingLayout, kept: PreservedPaths): Promise<void> {
  const hasFresh = (await statIfThere(layout.fresh)) !== undefined;
  if (await statIfThere(layout.oldNames)) {
    if (!hasFresh) throw damagedStaging(layout.work, 'has lost its folder "new"');
    await moveOldAway(layout);
    await syncFolder(layout.top);
    await syncFolder(layout.old);
    await unlink(layout.oldNames);
    await syncFolder(layout.work);
  }
  if (hasFresh) {
    await moveNewIn(layout);
    await setLateModes(layout);
    await showKept(layout, kept);
    await syncFolder(layout.top);
    await syncFolder(layout.work);
    await rmdir(layout.fresh);
    await syncFolder(layout.work);
  }
}

async function moveOldAway(layout: StagingLayout): Promise<void> {
  const goesOn = !(await isEmpty(layout.old));
  for await (const name of readReplacedNames(layout.oldNames)) {
    await moveAway(layout, joinBytes(layout.top, name), joinBytes(layout.old, name), goesOn);
  }
}

/**
 * Moves one old entry. If it has already moved, its name was free, and whatever has this name now is the application's:
 * a file stays; a folder's content joins the old folder's, from where it moves back as written later
 * (discard-replaced.ts).
 */
async function moveAway(layout: StagingLayout, from: Buffer, to: Buffer, goesOn: boolean): Promise<void> {
  const moved = goesOn ? await statIfThere(to) : undefined;
  if (moved) {
    if (moved.isDirectory() && (await statIfThere(from))?.isDirectory()) await moveContent(layout, from, to);
    return;
  }
  try {
    await withPermission(
      from,
      () => rename(from, to),
      () => refuseGone(layout),
    );
  } catch (error) {
    if (hasCode(error, 'ENOENT') && !(await statIfThere(from))) return; // The application removed it.
    if (!hasCode(error, 'EXDEV') || !(await statIfThere(from))?.isDirectory()) throw error;
    // A folder of a container's image, below an overlay: its files can be moved, but not the folder itself.
    await mkdir(to);
    await moveContent(layout, from, to);
  }
}

async function moveContent(layout: StagingLayout, from: Buffer, to: Buffer): Promise<void> {
  const folders = new Map<string, Buffer>();
  for (let moved = -1; moved !== 0; ) {
    moved = 0;
    for await (const entry of entriesOf(from)) {
      const { name } = entry;
      if (entry.isDirectory()) {
        folders.set(name.toString('latin1'), name);
      } else if (!(await statIfThere(joinBytes(to, name)))) {
        await moveAway(layout, joinBytes(from, name), joinBytes(to, name), false);
        moved++;
      }
    }
  }
  for (const name of folders.values()) await moveAway(layout, joinBytes(from, name), joinBytes(to, name), true);
  await refuseGone(layout);
  await rmdir(from).catch((error: unknown) => {
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) throw error;
  });
}

/** Guards the few steps that do not go through the restore's folder, and so would not fail by themselves without it. */
async function refuseGone(layout: StagingLayout): Promise<void> {
  if (!(await isHeld(layout))) throw damagedStaging(layout.work, 'is gone');
}

/** Some filesystems skip names when others are removed during the listing, so this repeats until nothing is left. */
async function moveNewIn(layout: StagingLayout): Promise<void> {
  for (let moved = -1; moved !== 0; ) {
    moved = 0;
    for await (const entry of entriesOf(layout.fresh)) {
      await moveIn(layout, entry);
      moved++;
    }
  }
}

async function moveIn(layout: StagingLayout, entry: Entry): Promise<void> {
  const target = joinBytes(layout.top, entry.name);
  while (!(await moveNoReplace(joinBytes(layout.fresh, entry.name), target, kindOf(entry)))) {
    // Something that is not replaced has this name: the application created it later, or no backup saves it.
    const other = await statIfThere(target);
    if (other) await keepAside(layout, entry.name, target, kindOf(other));
  }
}
