import type { Stats } from 'node:fs';
import { chmod, chown, link, mkdir, rename, rmdir, stat, unlink } from 'node:fs/promises';
import type { PreservedPaths } from '../restore-target.js';
import { hasCode } from '../staging-errors.js';
import { type Entry, entriesOf, joinBytes, mayNotGive } from './folders.js';
import { type StagingLayout, statIfThere } from './staging-folder.js';

const OWNER_ALL = 0o700;

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
async function placeInto(folder: string, name: Buffer, source: Buffer, kind: PlacedKind): Promise<Buffer> {
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

/** A folder's owner and permissions. */
type FolderLook = Pick<Stats, 'mode' | 'uid' | 'gid'>;

/**
 * Creates a folder unless a real one exists; false when something else is in its place.
 * @param draft where it is created first: a process that no longer holds that place cannot create it
 * @param look the owner and permissions it gets, as far as this process may set them
 */
async function ensureFolder(path: Buffer, draft: string, look: FolderLook | undefined): Promise<boolean> {
  const there = await statIfThere(path);
  if (there) return there.isDirectory();
  await mkdir(draft, { mode: 0o700 }).catch(unlessThere);
  await lookLike(draft, look);
  try {
    await rename(draft, path);
    return true;
  } catch (error) {
    if (!hasCode(error, 'EEXIST', 'ENOTEMPTY', 'ENOTDIR')) throw error;
    return (await statIfThere(path))?.isDirectory() === true;
  }
}

async function lookLike(folder: string, look: FolderLook | undefined): Promise<void> {
  if (look && process.geteuid?.() === 0) {
    await chown(folder, look.uid, look.gid).catch((error: unknown) => {
      if (!mayNotGive(error)) throw error;
    });
  }
  await chmod(folder, look ? (look.mode & 0o2777) | OWNER_ALL : 0o755);
}

function unlessThere(error: unknown): void {
  if (!hasCode(error, 'EEXIST')) throw error;
}

/** Moves something of the application's out of the way, into the restore's folder first: see staging-folder.ts. */
export async function keepAside(layout: StagingLayout, name: Buffer, source: Buffer, kind: PlacedKind): Promise<void> {
  await ensureFolder(Buffer.from(layout.aside), layout.folderDraft, await stat(layout.top));
  await placeInto(layout.aside, name, source, kind);
}

/**
 * Puts what was kept aside where it is visible and backed up: as one top-level folder in a single step or, if that
 * exists already, into it.
 */
export async function showKept(layout: StagingLayout, kept: PreservedPaths): Promise<void> {
  if (!(await statIfThere(layout.aside))) return;
  const entries: Entry[] = [];
  for await (const entry of entriesOf(layout.aside)) entries.push(entry);
  if (!(await statIfThere(layout.kept))) {
    await rename(layout.aside, layout.kept);
    for (const { name } of entries) kept.add(joinBytes(layout.kept, name));
    return;
  }
  for (const entry of entries) {
    kept.add(await placeInto(layout.kept, entry.name, joinBytes(layout.aside, entry.name), kindOf(entry)));
  }
  await rmdir(layout.aside);
}
