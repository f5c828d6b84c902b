import { link, rename, unlink } from 'node:fs/promises';
import { hasCode } from '../staging-errors.js';
import { type Entry, ensureFolder, joinBytes } from './folders.js';
import { type StagingLayout, statIfThere } from './staging-layout.js';

export type PlacedKind = 'file' | 'directory' | 'special';

export function kindOf(entry: Pick<Entry, 'isFile' | 'isDirectory'>): PlacedKind {
  if (entry.isDirectory()) return 'directory';
  return entry.isFile() ? 'file' : 'special';
}

/**
 * Moves an entry to a place on the same filesystem unless something exists there, which is never overwritten: `rename`
 * would replace a file, so files are hard-linked first. An empty directory at the place is replaced.
 * @returns false when the place is taken
 */
export async function moveNoReplace(source: Buffer, target: Buffer, kind: PlacedKind): Promise<boolean> {
  if (kind === 'directory') {
    try {
      await rename(source, target);
      return true;
    } catch (error) {
      if (hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR') && (await statIfThere(target))) return false;
      throw error;
    }
  }
  // On some systems a hard link to a symbolic link is one to its target.
  if (kind === 'special') return placeWithoutLink(source, target);
  try {
    await link(source, target);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) return placeWithoutLink(source, target);
    // Was an earlier attempt killed between the two steps?
    if (!(await isSame(source, target))) return false;
  }
  await unlink(source);
  return true;
}

/** On filesystems without hard links there is a gap of one call between the check and the move. */
async function placeWithoutLink(source: Buffer, target: Buffer): Promise<boolean> {
  if (await statIfThere(target)) return false;
  await rename(source, target);
  return true;
}

async function isSame(one: Buffer, other: Buffer): Promise<boolean> {
  const [a, b] = [await statIfThere(one), await statIfThere(other)];
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/** Moves an entry into an existing folder, under its own name or, if that is taken, with a number appended. */
export async function placeInto(folder: string, name: Buffer, source: Buffer, kind: PlacedKind): Promise<Buffer> {
  for (let number = 1; ; number++) {
    const suffix = Buffer.from(number === 1 ? '' : `.${number}`);
    const target = joinBytes(folder, Buffer.concat([name, suffix]));
    if (await moveNoReplace(source, target, kind)) return target;
  }
}

/** Something inside an old folder that is moved back. */
export interface Returning {
  readonly path: Buffer;
  /** Its path components. */
  readonly relative: readonly Buffer[];
  readonly kind: PlacedKind;
}

/**
 * Moves something to the same relative path below the top, through real folders only; missing ones are created as they
 * were.
 * @returns false when the place, or one on the way to it, is taken
 */
export async function placeBelow(layout: StagingLayout, { path, relative, kind }: Returning): Promise<boolean> {
  let [folder, before] = [Buffer.from(layout.top), Buffer.from(layout.old)] as [Buffer, Buffer];
  for (const name of relative.slice(0, -1)) {
    [folder, before] = [joinBytes(folder, name), joinBytes(before, name)];
    if (!(await ensureFolder(folder, layout.folderDraft, await statIfThere(before)))) return false;
  }
  return moveNoReplace(path, joinBytes(folder, relative.at(-1)!), kind);
}
