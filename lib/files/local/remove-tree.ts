import { rmdir, unlink } from 'node:fs/promises';
import { ConcurrencyLimiter } from '../concurrency-limiter.js';
import { hasCode } from '../staging-errors.js';
import { type Entry, entriesOf, joinBytes, withPermission } from './folders.js';
import { statIfThere } from './staging-layout.js';

const SLASH = '/';
/** Folders noted before they are entered; this many names are held per level rather than all of them. */
const MAX_NOTED = 1000;

/**
 * May take an entry out of the tree instead of letting it be removed, and returns whether it did. `relative` is its
 * path components.
 */
export type Rescue = (entry: Entry, path: Buffer, relative: readonly Buffer[]) => Promise<boolean>;

/**
 * Removes a folder and its contents with constant memory, links as links; does nothing if the folder does not exist.
 */
export async function removeTree(root: string, rescue?: Rescue): Promise<void> {
  const stats = await statIfThere(root);
  if (!stats) return;
  if (stats.isDirectory()) await removeFolder(Buffer.from(root), [], rescue);
  else await unlink(root);
}

async function removeFolder(folder: Buffer, relative: readonly Buffer[], rescue?: Rescue): Promise<void> {
  do {
    for (const name of await removeFiles(folder, relative, rescue)) {
      await removeFolder(joinBytes(folder, name), [...relative, name], rescue);
    }
  } while (!(await isRemoved(folder)));
}

/** Removes the files of a folder and returns its folders, or some of them. */
async function removeFiles(folder: Buffer, relative: readonly Buffer[], rescue?: Rescue): Promise<Buffer[]> {
  const folders: Buffer[] = [];
  const few = new ConcurrencyLimiter();
  try {
    await withPermission(folder, async () => {
      folders.length = 0;
      for await (const entry of entriesOf(folder)) {
        const path = joinBytes(folder, entry.name);
        if (await rescue?.(entry, path, [...relative, entry.name])) continue;
        if (entry.isDirectory()) folders.push(entry.name);
        else await few.run(() => removeFile(folder, path));
        if (folders.length >= MAX_NOTED) break;
      }
    });
    await few.end();
  } finally {
    await few.settle();
  }
  return folders;
}

/** The folder that contains an entry. */
function dirname(path: Buffer): Buffer {
  return path.subarray(0, path.lastIndexOf(SLASH));
}

async function removeFile(folder: Buffer, path: Buffer): Promise<void> {
  try {
    await withPermission(folder, () => unlink(path));
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

async function isRemoved(folder: Buffer): Promise<boolean> {
  try {
    await withPermission(dirname(folder), () => rmdir(folder));
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true;
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) return false;
    throw error;
  }
}
