import { isUtf8 } from 'node:buffer';
import { constants, type Dirent, type Stats } from 'node:fs';
import { chmod, chown, mkdir, open, opendir, rename } from 'node:fs/promises';
import { isFilesystemsOwn, STAGING_NAME } from '../../archive/entry-names.js';
import { hasCode } from '../staging-errors.js';
import { statIfThere } from './staging-layout.js';

export type Entry = Dirent<Buffer>;

const OWNER_ALL = 0o700;
const SLASH = Buffer.from('/');
const BACKSLASH = 0x5c;
const STAGING = Buffer.from(STAGING_NAME);

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

/** A folder's owner and permissions. */
export type FolderLook = Pick<Stats, 'mode' | 'uid' | 'gid'>;

/**
 * Creates a folder unless a real one exists; false when something else is in its place.
 * @param draft where it is created first: a process that no longer holds that place cannot create it
 * @param look the owner and permissions it gets, as far as this process may set them
 */
export async function ensureFolder(path: Buffer, draft: string, look: FolderLook | undefined): Promise<boolean> {
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

/** Root without the privilege, for example in a container or on a network disk, stays the owner of what it creates. */
export function mayNotGive(error: unknown): boolean {
  return hasCode(error, 'EPERM', 'EINVAL');
}

function unlessThere(error: unknown): void {
  if (!hasCode(error, 'EEXIST')) throw error;
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
