import { isUtf8 } from 'node:buffer';
import { constants, type Dirent } from 'node:fs';
import { chmod, open, opendir, rmdir, unlink } from 'node:fs/promises';
import { isFilesystemsOwn, STAGING_NAME } from '../../archive/entry-names.js';
import { SYNCS_BY_PATH, syncFolder, syncPath } from '../../support/sync-path.js';
import { ConcurrencyLimiter } from '../concurrency.js';
import { hasCode } from '../staging-errors.js';
import { statIfThere } from './staging-folder.js';
import type { StagingThread, StepListener } from './thread/staging-thread.js';

export type Entry = Dirent<Buffer>;

const OWNER_ALL = 0o700;
const SLASH = Buffer.from('/');
/** Folders noted before they are removed; this many names are held per level rather than all of them. */
const MAX_NOTED = 1000;
const BACKSLASH = 0x5c;
const STAGING = Buffer.from(STAGING_NAME);
/** What its owner may not read was flushed before that mode was set. */
const UNREADABLE = ['EACCES'];
const UNFLUSHED: StepListener = { failed: (error) => error };

/** The entries of a folder. Names are bytes: a name that is not UTF-8 would not be found again by its string. */
export async function* entriesOf(folder: string | Buffer): AsyncGenerator<Entry> {
  const options = { encoding: 'buffer' as BufferEncoding };
  yield* (await opendir(folder as string, options)) as unknown as AsyncIterable<Entry>;
}

/**
 * The same, but without entries if another process has removed the folder in the meantime because it was done with it.
 */
export async function* entriesIfThere(folder: string): AsyncGenerator<Entry> {
  try {
    yield* entriesOf(folder);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** The top-level entries of a data directory that a restore replaces. */
export async function* topEntries(top: string): AsyncGenerator<Entry> {
  for await (const entry of entriesOf(top)) {
    const itsOwn = entry.isDirectory() && isFilesystemsOwn(entry.name.toString());
    if (!itsOwn && !entry.name.equals(STAGING)) yield entry;
  }
}

/** What no backup saves and no restore removes: links, sockets, pipes, devices, and names that no archive can hold. */
export function isNeverSaved(entry: Entry, relative: readonly Buffer[] = [entry.name]): boolean {
  if (!entry.isFile() && !entry.isDirectory()) return true;
  return relative.some((name) => !isUtf8(name) || name.includes(BACKSLASH));
}

export async function isEmpty(folder: string): Promise<boolean> {
  for await (const entry of entriesOf(folder)) return entry === undefined;
  return true;
}

export function joinBytes(folder: string | Buffer, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(folder), SLASH, name]);
}

/** Root without the privilege, for example in a container or on a network disk, stays the owner of what it creates. */
export function mayNotGive(error: unknown): boolean {
  return hasCode(error, 'EPERM', 'EINVAL');
}

/**
 * Runs a step on a folder or its contents, and once more after giving the owner the permissions on the folder that the
 * step needs: a folder without write permission can be neither moved nor emptied.
 * @param check called while the folder is open: throws when it may no longer be the one that is meant
 */
export async function withPermission<T>(
  folder: string | Buffer,
  step: () => Promise<T>,
  check: () => Promise<void> = async () => {},
): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EPERM') || !(await statIfThere(folder))?.isDirectory()) throw error;
    await allow(folder, check).catch((problem: unknown) => {
      throw hasCode(problem, 'EACCES', 'EPERM', 'EROFS') ? error : problem;
    });
    return step();
  }
}

/** An open folder stays the same folder, even if it is moved in the meantime. */
async function allow(folder: string | Buffer, check: () => Promise<void>): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | (constants.O_DIRECTORY ?? 0)).catch(() => undefined);
  try {
    await check();
    if (handle) await handle.chmod(OWNER_ALL);
    else await chmod(folder, OWNER_ALL);
  } finally {
    await handle?.close();
  }
}

/**
 * Makes sure that a staged tree survives a power cut. It is flushed as a whole at the end rather than file by file: by
 * then most of it has been written in the background, and on a filesystem with a single log the first call waits for
 * everything.
 * @param threads flush files at the same time, as far as they are running: a disk flushes several as fast as one
 */
export async function syncTree(root: string, threads: readonly StagingThread[]): Promise<void> {
  if (!SYNCS_BY_PATH) return; // Each file was flushed when it was written.
  const few = new ConcurrencyLimiter();
  const running = threads.filter(({ isRunning }) => isRunning);
  let turn = 0;
  const flush = (path: Buffer) => {
    const thread = running[turn++ % running.length];
    if (!thread) return few.run(() => syncPath(path, ...UNREADABLE));
    return thread.add({ kind: 'flush', path }, UNFLUSHED);
  };
  try {
    const pending: Buffer[] = [Buffer.from(root)];
    for (let folder = pending.pop(); folder; folder = pending.pop()) {
      for await (const entry of readable(folder)) {
        const path = joinBytes(folder, entry.name);
        if (entry.isDirectory()) pending.push(path);
        else await flush(path);
      }
      await syncFolder(folder);
    }
    await few.end();
    await Promise.all(running.map((thread) => thread.drain()));
  } finally {
    await few.settle();
  }
}

async function* readable(folder: Buffer): AsyncGenerator<Entry> {
  try {
    yield* entriesOf(folder);
  } catch (error) {
    if (!hasCode(error, ...UNREADABLE)) throw error;
  }
}

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
