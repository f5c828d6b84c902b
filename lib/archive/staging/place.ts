import { link, mkdir, rename, rmdir, unlink } from 'node:fs/promises';
import { ensureFolder, joinBytes } from './folders.js';
import { hasCode } from './staging-errors.js';
import { statIfThere } from './staging-layout.js';

/**
 * Moves an entry to a place on the same filesystem unless something is there, which is never overwritten: `rename`
 * would replace a file, so files are linked first. An empty directory that stands there is replaced.
 * @returns false when the place is taken
 */
export async function place(source: Buffer, target: Buffer, isDirectory: boolean): Promise<boolean> {
  if (isDirectory) {
    try {
      await rename(source, target);
      return true;
    } catch (error) {
      if (await statIfThere(target)) return false;
      throw error;
    }
  }
  try {
    await link(source, target);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) return placeWithoutLink(source, target);
    // Killed between the two steps of an earlier try?
    if (!(await isSame(source, target))) return false;
  }
  await unlink(source);
  return true;
}

/** Filesystems without hard links leave a gap of one call between looking and moving. */
async function placeWithoutLink(source: Buffer, target: Buffer): Promise<boolean> {
  if (await statIfThere(target)) return false;
  await rename(source, target);
  return true;
}

async function isSame(one: Buffer, other: Buffer): Promise<boolean> {
  const [a, b] = [await statIfThere(one), await statIfThere(other)];
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/** Moves an entry into a folder under its own name, or with a number behind it where that is taken. */
export async function placeInto(folder: string, name: Buffer, source: Buffer, isDirectory: boolean): Promise<Buffer> {
  await mkdir(folder, { recursive: true });
  for (let number = 1; ; number++) {
    const suffix = Buffer.from(number === 1 ? '' : `.${number}`);
    const target = joinBytes(folder, Buffer.concat([name, suffix]));
    if (await place(source, target, isDirectory)) return target;
  }
}

/**
 * Moves a file to the same relative path below another root, through real folders only.
 * @returns false when the place, or one on the way to it, is taken
 */
export async function placeBelow(root: string, relative: readonly Buffer[], source: Buffer): Promise<boolean> {
  let folder: Buffer = Buffer.from(root);
  const made: Buffer[] = [];
  for (const name of relative.slice(0, -1)) {
    folder = joinBytes(folder, name);
    const before = await statIfThere(folder);
    if (!(await ensureFolder(folder))) return false;
    if (!before) made.push(folder);
  }
  const name = relative.at(-1);
  if (name && (await place(source, joinBytes(folder, name), false))) return true;
  for (const path of made.toReversed()) await rmdir(path).catch(() => undefined);
  return false;
}
